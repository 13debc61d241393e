#define _POSIX_C_SOURCE 200809L
/* The public model handle. */
#include "model/model.h"

#include "core/log.h"
#include "core/memory.h"

#include "core/options.h"
#include "iou/ops.h"
#include "core/packed_weights.h"

#include <string.h>

enum { DEFAULT_MODEL_BYTES_GIB = 8 };

static iou_status take_options(iou_model_options *own, const iou_model_options *given,
                               iou_error *error) {
    IOU_TRY(iou_options_take(own, sizeof *own, given, "model options", error));
    if (own->max_model_bytes == 0) {
        own->max_model_bytes = (size_t)DEFAULT_MODEL_BYTES_GIB << 30;
    }
    return IOU_OK;
}

static iou_status decode(iou_model *model, const iou_external_base *base,
                         const iou_model_options *options, iou_error *error) {
    const connx_limits limits = {
        .max_decoded_bytes = options->max_decoded_bytes,
        .max_nodes = options->max_nodes,
    };
    connx_problem problem = {0};
    const connx_status status =
        connx_decode(&model->onnx, model->file.data, model->file.size, &limits, &problem);
    if (status != CONNX_OK) {
        static const iou_status map[] = {IOU_OK, IOU_BAD_MODEL, IOU_LIMIT, IOU_OUT_OF_MEMORY};
        return iou_fail(error, map[status], "byte %zu: %s", problem.offset, problem.text);
    }
    model->proto = connx_model(model->onnx);
    model->arena = iou_arena_create();
    IOU_FAIL_IF(!model->arena, IOU_OUT_OF_MEMORY, error, "no memory for the model");
    const size_t limit = options->max_model_bytes, own = model->file.size;
    IOU_TRY(iou_external_load(&model->external, model->onnx, base, limit > own ? limit - own : 0,
                              error));
    return iou_model_build(model, options, error);
}

/** Where the external data of the model at `path` is, which lies in `folder`; both NULL: of one
 * in memory. */
static iou_external_base external_base(const iou_file *file, const char *path, const char *folder,
                                       const iou_model_options *options) {
    const char *requested = options->external_data_folder;
    /* A folder that the caller names is the only one. */
    return (iou_external_base){
        .folder = requested ? requested : folder,
        .model = requested ? NULL : path,
        .device = file->device,
        .inode = file->inode,
        .refuse_links = options->refuse_links,
    };
}

/** The model over `file`, which it owns on success. */
static iou_status open_file(iou_model **out, iou_file file, const iou_external_base *base,
                            const iou_model_options *options, iou_error *error) {
    iou_handle handle;
    IOU_TRY(iou_handle_make(&handle, options->allocator, options->log, NULL, error));
    iou_model *model = iou_memory_zeroed(1, sizeof *model);
    IOU_FAIL_IF(!model, IOU_OUT_OF_MEMORY, error, "no memory for the model");
    atomic_init(&model->holders, 1);
    model->file = file;
    iou_status status = iou_handle_open(model, IOU_HANDLE_MODEL, &handle, error);
    if (status != IOU_OK) {
        iou_memory_release(model);
        return status;
    }
    model->packed_weights = iou_packed_weights_create(&model->file);
    status = model->packed_weights ? decode(model, base, options, error)
                                   : iou_fail(error, IOU_OUT_OF_MEMORY, "no memory");
    if (status != IOU_OK) {
        model->file = (iou_file){0};
        iou_model_close(&model);
        return status;
    }
    iou_log_line(&model->handle.log, IOU_LOG_INFO, "model opened: %d nodes, %zu bytes",
                 model->node_count, file.size);
    *out = model;
    return IOU_OK;
}

iou_status iou_model_open_memory(iou_model **out, const void *data, size_t size,
                                 const iou_model_options *options, iou_error *error) {
    IOU_FAIL_IF(!out, IOU_INVALID_ARGUMENT, error, "out is NULL");
    *out = NULL;
    IOU_FAIL_IF(!data || size == 0, IOU_BAD_MODEL, error, "expected an ONNX model, found no bytes");
    iou_model_options own;
    IOU_TRY(take_options(&own, options, error));
    const iou_allocator *before = iou_memory_enter(own.allocator);
    const iou_file file = {.data = data, .size = size};
    const iou_external_base base = external_base(&file, NULL, NULL, &own);
    const iou_status status = open_file(out, file, &base, &own, error);
    iou_memory_leave(before);
    IOU_TRY(status);
    (*out)->release = own.release;
    (*out)->release_context = own.release_context;
    return IOU_OK;
}

/** The folder that the file at `path` is in; the caller frees it. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    /* Of "/model.onnx" the slash itself is the folder. */
    const size_t length = !slash || slash == path ? 1 : (size_t)(slash - path);
    char *folder = iou_memory_zeroed(length + 1, 1);
    if (folder) {
        memcpy(folder, slash ? path : ".", length);
    }
    return folder;
}

iou_status iou_model_open(iou_model **out, const char *path, const iou_model_options *options,
                          iou_error *error) {
    IOU_FAIL_IF(!out || !path, IOU_INVALID_ARGUMENT, error, "out or path is NULL");
    *out = NULL;
    iou_model_options own;
    IOU_TRY(take_options(&own, options, error));
    iou_file file = {0};
    IOU_TRY(iou_file_map(&file, path, own.max_model_bytes, own.refuse_links, error));
    const iou_allocator *before = iou_memory_enter(own.allocator);
    char *folder = folder_of(path);
    const iou_external_base base = external_base(&file, path, folder, &own);
    iou_status status =
        folder ? open_file(out, file, &base, &own, error)
               : iou_fail(error, IOU_OUT_OF_MEMORY, "no memory for the model's folder");
    iou_memory_release(folder);
    iou_memory_leave(before);
    if (status != IOU_OK) {
        iou_file_close(&file);
        status = iou_fail_context(error, status, "'%s'", path);
    }
    return status;
}

/** The model of the file that a body is in. */
static iou_model *whole_model(const iou_model *model) {
    while (model->outer) {
        model = model->outer;
    }
    return (iou_model *)(uintptr_t)model;
}

void iou_model_hold(const iou_model *model) {
    (void)atomic_fetch_add(&whole_model(model)->holders, 1);
}

void iou_model_drop(const iou_model *model) {
    iou_model *m = whole_model(model);
    if (atomic_fetch_sub(&m->holders, 1) > 1) {
        return;
    }
    iou_handle_end(m);
    iou_packed_weights_destroy(m->packed_weights);
    connx_close(&m->onnx);
    iou_arena_destroy(m->arena);
    iou_external_close(&m->external);
    if (m->release) {
        m->release(m->release_context, m->file.data, m->file.size);
    }
    iou_file_close(&m->file);
    iou_memory_release(m);
}

void iou_model_close(iou_model **model) {
    if (model && *model && iou_handle_close(*model, IOU_HANDLE_MODEL)) {
        iou_model_drop(*model);
        *model = NULL;
    }
}

size_t iou_model_input_count(const iou_model *model) {
    return iou_handle_is(model, IOU_HANDLE_MODEL) ? (size_t)model->input_count : 0;
}

size_t iou_model_default_count(const iou_model *model) {
    return iou_handle_is(model, IOU_HANDLE_MODEL) ? (size_t)model->default_count : 0;
}

size_t iou_model_output_count(const iou_model *model) {
    return iou_handle_is(model, IOU_HANDLE_MODEL) ? (size_t)model->output_count : 0;
}

static void describe(const char *name, const iou_fact *fact, iou_value_info *info) {
    *info = (iou_value_info){.name = name, .type = fact->type, .rank = fact->rank};
    for (int i = 0; i < fact->rank; i++) {
        info->dims[i] = fact->dims[i].known ? fact->dims[i].value : -1;
        info->symbols[i] = fact->dims[i].known ? NULL : fact->dims[i].symbol;
    }
}

void iou_model_describe(const iou_model *model, int id, iou_value_info *info) {
    describe(model->values[id].name, &model->facts[id], info);
}

iou_status iou_model_input(const iou_model *model, size_t index, iou_value_info *info,
                           iou_error *error) {
    IOU_TRY(iou_handle_check(model, IOU_HANDLE_MODEL, error));
    const int count = model->input_count + model->default_count;
    IOU_FAIL_IF(!info, IOU_INVALID_ARGUMENT, error, "info is NULL");
    IOU_FAIL_IF(index >= (size_t)count, IOU_INVALID_ARGUMENT, error,
                "expected one of %d inputs, found number %zu", count, index);
    const bool needed = index < (size_t)model->input_count;
    const int id = model->inputs[index];
    describe(model->values[id].name,
             needed ? &model->facts[id] : &model->declared[index - (size_t)model->input_count],
             info);
    return IOU_OK;
}

iou_status iou_model_output(const iou_model *model, size_t index, iou_value_info *info,
                            iou_error *error) {
    IOU_TRY(iou_handle_check(model, IOU_HANDLE_MODEL, error));
    IOU_FAIL_IF(!info, IOU_INVALID_ARGUMENT, error, "info is NULL");
    IOU_FAIL_IF(index >= (size_t)model->output_count, IOU_INVALID_ARGUMENT, error,
                "expected one of %d outputs, found number %zu", model->output_count, index);
    iou_model_describe(model, model->outputs[index], info);
    return IOU_OK;
}

const char *iou_model_metadata_key(const iou_model *model, size_t index) {
    if (!iou_handle_is(model, IOU_HANDLE_MODEL) || index >= model->metadata_count) {
        return NULL;
    }
    const char *key = model->metadata[index]->key;
    return key ? key : "";
}

const char *iou_model_metadata(const iou_model *model, const char *key) {
    if (!iou_handle_is(model, IOU_HANDLE_MODEL) || !key) {
        return NULL;
    }
    const int at = iou_names_find(model->metadata_names, key);
    const char *value = at < 0 ? NULL : model->metadata[at]->value;
    return at < 0 ? NULL : value ? value : "";
}
