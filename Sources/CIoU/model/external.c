#define _POSIX_C_SOURCE 200809L
/*
 * Contents of tensors that are in files beside the model: ONNX's external data.
 *
 * After decoding, every such tensor's raw_data is pointed to bytes read from its file, so that
 * nothing behind needs to know. The part of a file that tensors use is read once, and read rather
 * than mapped: exporters rewrite these files in place, and a mapped file that shrinks kills the
 * process at some later run, where a short read is an error now.
 *
 * Source: onnx.proto, TensorProto.external_data; docs/ExternalData.md of ONNX.
 */
#include "core/arena.h"

#include "core/memory.h"
#include "core/sha1.h"
#include "iou/ops.h"
#include "model/contained_file.h"
#include "model/names.h"

#include "connx.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { ALIGNMENT = 64 };

/** A tensor and where its bytes are. */
typedef struct external_tensor {
    Onnx__TensorProto *tensor;
    const char *node; /**< around it; or NULL */
    int file;
    uint64_t offset;
    size_t size;
} external_tensor;

/** The part of one file that tensors use. */
typedef struct external_file {
    const char *location;
    const char *checksum; /**< of the whole file; NULL: none is given */
    uint64_t begin, end;
    char *bytes;                 /**< of begin … end */
    const external_tensor *user; /**< the first, for errors */
} external_file;

struct iou_external {
    external_file *files;
    int file_count;
};

/** What a load works with. */
typedef struct loader {
    iou_external *external;
    iou_arena *memory;
    iou_names *locations;
    external_tensor *tensors;
    size_t count, next;
    iou_status status;
    iou_error *error;
} loader;

static bool is_external(const Onnx__TensorProto *tensor) {
    return tensor->has_data_location &&
           tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

/* ---- The keys of a tensor ------------------------------------------------------------------ */

typedef struct given_keys {
    const char *location, *offset, *length;
    const char *checksum; /**< SHA-1 of the file */
} given_keys;

static iou_status read_keys(given_keys *found, const Onnx__TensorProto *tensor, iou_error *error) {
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const char *key = tensor->external_data[i]->key;
        const char *value = tensor->external_data[i]->value;
        key = key ? key : "";
        const char **slot = strcmp(key, "location") == 0   ? &found->location
                            : strcmp(key, "offset") == 0   ? &found->offset
                            : strcmp(key, "length") == 0   ? &found->length
                            : strcmp(key, "checksum") == 0 ? &found->checksum
                                                           : NULL;
        IOU_FAIL_IF(!slot, IOU_BAD_MODEL, error,
                    "expected location, offset, length or checksum, found '%s'", key);
        IOU_FAIL_IF(*slot, IOU_BAD_MODEL, error, "'%s' is given twice", key);
        *slot = value ? value : "";
    }
    IOU_FAIL_IF(!found->location, IOU_BAD_MODEL, error, "expected a location, found none");
    return IOU_OK;
}

static iou_status read_number(uint64_t *number, const char *key, const char *text,
                              iou_error *error) {
    uint64_t value = 0;
    for (const char *digit = text; *digit; digit++) {
        const bool fits = *digit >= '0' && *digit <= '9' &&
                          !__builtin_mul_overflow(value, (uint64_t)10, &value) &&
                          !__builtin_add_overflow(value, (uint64_t)(*digit - '0'), &value);
        IOU_FAIL_IF(!fits || value > INT64_MAX, IOU_BAD_MODEL, error,
                    "%s: expected a number of bytes, found '%s'", key, text);
    }
    IOU_FAIL_IF(!*text, IOU_BAD_MODEL, error, "%s: expected a number of bytes, found none", key);
    *number = value;
    return IOU_OK;
}

/** Bits of an element as raw_data packs it; 0: strings and types that nobody knows. */
static unsigned element_bits(int32_t type) {
    static const unsigned char bits[] = {
        0,  32,  8,  8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64, /* undefined … uint64 */
        64, 128, 16, 8, 8,  8,  8,  4,  4, 4, 8,  2,  2};     /* complex64 … int2 */
    return type >= 0 && (size_t)type < sizeof bits ? bits[type] : 0;
}

static iou_status tensor_size(size_t *size, const Onnx__TensorProto *tensor, iou_error *error) {
    const unsigned bits = element_bits(tensor->data_type);
    IOU_FAIL_IF(bits == 0, IOU_UNSUPPORTED, error, "elements of type %d cannot be external data",
                tensor->data_type);
    size_t count = 1;
    for (size_t i = 0; i < tensor->n_dims; i++) {
        IOU_FAIL_IF(tensor->dims[i] < 0, IOU_BAD_MODEL, error, "dimension %zu is %lld", i,
                    (long long)tensor->dims[i]);
        IOU_FAIL_IF(__builtin_mul_overflow(count, (size_t)tensor->dims[i], &count), IOU_BAD_MODEL,
                    error, "the product of its dimensions overflows");
    }
    IOU_FAIL_IF(__builtin_mul_overflow(count, (size_t)bits, &count), IOU_BAD_MODEL, error,
                "the product of its dimensions overflows");
    *size = count / 8 + (count % 8 != 0);
    return IOU_OK;
}

static bool has_elements(const Onnx__TensorProto *t) {
    return t->has_raw_data || t->n_float_data || t->n_int32_data || t->n_int64_data ||
           t->n_double_data || t->n_uint64_data || t->n_string_data;
}

/* ---- Collecting ---------------------------------------------------------------------------- */

static bool count_tensor(void *context, Onnx__TensorProto *tensor, const char *node) {
    loader *load = context;
    (void)node;
    load->count += is_external(tensor);
    return true;
}

/** The number of the file at `location`, its part widened to hold begin … end. */
static int use_file(loader *load, const char *location, uint64_t begin, uint64_t end,
                    const external_tensor *user) {
    iou_external *external = load->external;
    int index = iou_names_find(load->locations, location);
    if (index < 0) {
        index = external->file_count++;
        external->files[index] =
            (external_file){.location = location, .begin = begin, .end = end, .user = user};
        (void)iou_names_add(load->locations, location, index);
    }
    external_file *file = &external->files[index];
    file->begin = begin < file->begin ? begin : file->begin;
    file->end = end > file->end ? end : file->end;
    return index;
}

static iou_status add_tensor(loader *load, Onnx__TensorProto *tensor, const char *node) {
    iou_error *error = load->error;
    given_keys found = {0};
    uint64_t offset = 0, length, end;
    size_t size = 0;
    IOU_FAIL_IF(has_elements(tensor), IOU_BAD_MODEL, error,
                "elements in the model and in another file are given at once");
    IOU_TRY(read_keys(&found, tensor, error));
    IOU_TRY(tensor_size(&size, tensor, error));
    if (found.offset) {
        IOU_TRY(read_number(&offset, "offset", found.offset, error));
    }
    length = size;
    if (found.length) {
        IOU_TRY(read_number(&length, "length", found.length, error));
    }
    IOU_FAIL_IF(length != size, IOU_BAD_MODEL, error,
                "expected %zu bytes for its shape, found a length of %llu", size,
                (unsigned long long)length);
    IOU_FAIL_IF(__builtin_add_overflow(offset, length, &end), IOU_BAD_MODEL, error,
                "offset and length overflow");
    /* A part that begins aligned keeps the alignment that the writer chose. */
    const uint64_t begin = offset - offset % ALIGNMENT;
    external_tensor *added = &load->tensors[load->next++];
    *added = (external_tensor){tensor, node, 0, offset, size};
    added->file = use_file(load, found.location, begin, end, added);
    external_file *file = &load->external->files[added->file];
    IOU_FAIL_IF(file->checksum && found.checksum && strcmp(file->checksum, found.checksum) != 0,
                IOU_BAD_MODEL, error, "'%s': expected one checksum, found '%.40s' and '%.40s'",
                found.location, file->checksum, found.checksum);
    file->checksum = file->checksum ? file->checksum : found.checksum;
    return IOU_OK;
}

/** "node 'a': " or "tensor 'w': " before an error. */
static iou_status name_tensor(iou_error *error, iou_status status, const Onnx__TensorProto *tensor,
                              const char *node) {
    return node ? iou_fail_context(error, status, "node '%s': external data", node)
                : iou_fail_context(error, status, "tensor '%s': external data",
                                   tensor->name ? tensor->name : "");
}

static bool collect_tensor(void *context, Onnx__TensorProto *tensor, const char *node) {
    loader *load = context;
    if (!is_external(tensor)) {
        return true;
    }
    load->status = add_tensor(load, tensor, node);
    if (load->status != IOU_OK) {
        load->status = name_tensor(load->error, load->status, tensor, node);
    }
    return load->status == IOU_OK;
}

static bool refuse_tensor(void *context, Onnx__TensorProto *tensor, const char *node) {
    loader *load = context;
    if (!is_external(tensor)) {
        return true;
    }
    load->status =
        iou_fail(load->error, IOU_UNSUPPORTED,
                 "expected a model in a file, whose folder has the data, found one in memory");
    load->status = name_tensor(load->error, load->status, tensor, node);
    return false;
}

static iou_status collect(loader *load, connx_file *onnx) {
    load->tensors = iou_arena_alloc(load->memory, sizeof(external_tensor) * load->count);
    load->external->files = iou_memory_zeroed(load->count, sizeof(external_file));
    load->locations = iou_names_create(load->memory, load->count);
    IOU_FAIL_IF(!load->tensors || !load->external->files || !load->locations, IOU_OUT_OF_MEMORY,
                load->error, "no memory for %zu tensors in other files", load->count);
    (void)connx_visit_tensors(onnx, collect_tensor, load);
    return load->status;
}

/* ---- Reading ------------------------------------------------------------------------------- */

static iou_status read_part(const external_file *file, int descriptor, iou_error *error) {
    for (uint64_t at = file->begin; at < file->end;) {
        const ssize_t got =
            pread(descriptor, file->bytes + (at - file->begin), file->end - at, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        IOU_FAIL_IF(got < 0, IOU_IO_ERROR, error, "'%s': %s", file->location, strerror(errno));
        IOU_FAIL_IF(got == 0, IOU_IO_ERROR, error, "'%s' became shorter while it was read",
                    file->location);
        at += (uint64_t)got;
    }
    return IOU_OK;
}

static iou_status hash_file(const external_file *file, int descriptor, uint64_t size,
                            char text[2 * IOU_SHA1_SIZE + 1], iou_error *error) {
    static const char digits[] = "0123456789abcdef";
    char part[1 << 14];
    iou_sha1 sha;
    iou_sha1_begin(&sha);
    for (uint64_t at = 0; at < size;) {
        const ssize_t got = pread(descriptor, part, sizeof part, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        IOU_FAIL_IF(got <= 0, IOU_IO_ERROR, error, "'%s': %s", file->location,
                    got < 0 ? strerror(errno) : "it became shorter while it was read");
        iou_sha1_add(&sha, part, (size_t)got);
        at += (uint64_t)got;
    }
    unsigned char digest[IOU_SHA1_SIZE];
    iou_sha1_end(&sha, digest);
    for (int i = 0; i < IOU_SHA1_SIZE; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * IOU_SHA1_SIZE] = '\0';
    return IOU_OK;
}

/** The file against the checksum that the model gives of it. */
static iou_status check_file(const external_file *file, int descriptor, uint64_t size,
                             uint64_t allowed, iou_error *error) {
    char found[2 * IOU_SHA1_SIZE + 1];
    if (!file->checksum) {
        return IOU_OK;
    }
    IOU_FAIL_IF(size > allowed, IOU_LIMIT, error,
                "'%s': it has %llu bytes to check, %llu more are allowed", file->location,
                (unsigned long long)size, (unsigned long long)allowed);
    IOU_TRY(hash_file(file, descriptor, size, found, error));
    IOU_FAIL_IF(strcasecmp(file->checksum, found) != 0, IOU_BAD_MODEL, error,
                "'%s': expected the SHA-1 checksum '%.40s', found '%s'", file->location,
                file->checksum, found);
    return IOU_OK;
}

static iou_status read_open_file(external_file *file, int descriptor, uint64_t size,
                                 uint64_t *allowed, iou_error *error) {
    const uint64_t needed = file->end - file->begin;
    IOU_FAIL_IF(file->end > size, IOU_BAD_MODEL, error,
                "'%s': tensors reach to byte %llu, the file has %llu", file->location,
                (unsigned long long)file->end, (unsigned long long)size);
    IOU_FAIL_IF(needed > *allowed, IOU_LIMIT, error,
                "'%s': its tensors have %llu bytes, %llu more are allowed", file->location,
                (unsigned long long)needed, (unsigned long long)*allowed);
    IOU_TRY(check_file(file, descriptor, size, *allowed, error));
    *allowed -= needed;
    file->bytes = iou_memory_take(needed ? (size_t)needed : 1);
    IOU_FAIL_IF(!file->bytes, IOU_OUT_OF_MEMORY, error, "'%s': no memory for %llu bytes",
                file->location, (unsigned long long)needed);
    return read_part(file, descriptor, error);
}

static iou_status read_files(iou_external *external, const iou_external_base *base,
                             uint64_t allowed, iou_error *error) {
    for (int i = 0; i < external->file_count; i++) {
        external_file *file = &external->files[i];
        int descriptor;
        uint64_t size;
        iou_status status = iou_contained_open(&descriptor, &size, base, file->location, error);
        if (status == IOU_OK) {
            status = read_open_file(file, descriptor, size, &allowed, error);
            (void)close(descriptor);
        }
        if (status != IOU_OK) {
            return name_tensor(error, status, file->user->tensor, file->user->node);
        }
    }
    return IOU_OK;
}

static void attach(const loader *load) {
    for (size_t i = 0; i < load->next; i++) {
        const external_tensor *t = &load->tensors[i];
        const external_file *file = &load->external->files[t->file];
        t->tensor->has_raw_data = true;
        t->tensor->raw_data.len = t->size;
        t->tensor->raw_data.data = (uint8_t *)file->bytes + (t->offset - file->begin);
        t->tensor->has_data_location = false;
        t->tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT;
        t->tensor->n_external_data = 0;
    }
}

/* ---- The whole ----------------------------------------------------------------------------- */

static iou_status load_into(loader *load, connx_file *onnx, const iou_external_base *base,
                            size_t max_bytes) {
    IOU_TRY(collect(load, onnx));
    IOU_TRY(read_files(load->external, base, max_bytes, load->error));
    attach(load);
    return IOU_OK;
}

iou_status iou_external_load(iou_external **out, connx_file *onnx, const iou_external_base *base,
                             size_t max_bytes, iou_error *error) {
    loader load = {.status = IOU_OK, .error = error};
    *out = NULL;
    (void)connx_visit_tensors(onnx, count_tensor, &load);
    if (load.count == 0) {
        return IOU_OK;
    }
    if (!base->folder) {
        (void)connx_visit_tensors(onnx, refuse_tensor, &load);
        return load.status;
    }
    IOU_FAIL_IF(load.count > INT32_MAX, IOU_LIMIT, error, "too many tensors in other files");
    load.external = iou_memory_zeroed(1, sizeof *load.external);
    load.memory = iou_arena_create();
    iou_status status = IOU_OUT_OF_MEMORY;
    if (load.external && load.memory) {
        status = load_into(&load, onnx, base, max_bytes);
    } else {
        (void)iou_fail(error, status, "no memory for external data");
    }
    iou_arena_destroy(load.memory);
    if (status != IOU_OK) {
        iou_external_close(&load.external);
    }
    *out = load.external;
    return status;
}

void iou_external_close(iou_external **external) {
    if (!external || !*external) {
        return;
    }
    for (int i = 0; i < (*external)->file_count; i++) {
        iou_memory_release((*external)->files[i].bytes);
    }
    iou_memory_release((*external)->files);
    iou_memory_release(*external);
    *external = NULL;
}
