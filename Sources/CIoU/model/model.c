#define _POSIX_C_SOURCE 200809L
/* The public model handle. */
#include "model/model.h"

#include "iou/ops.h"
#include "model/names.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MODEL_BYTES_GIB = 8 };

static size_t max_model_bytes(const iou_model_options *options) {
    return options && options->max_model_bytes ? options->max_model_bytes
                                               : (size_t)DEFAULT_MODEL_BYTES_GIB << 30;
}

static iou_status decode(iou_model *model, const char *folder, const iou_model_options *options,
                         iou_error *error) {
    const connx_limits limits = {
        .max_decoded_bytes = options ? options->max_decoded_bytes : 0,
        .max_nodes = options ? options->max_nodes : 0,
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
    const size_t limit = max_model_bytes(options), own = model->file.size;
    IOU_TRY(iou_external_load(&model->external, model->onnx, folder, limit > own ? limit - own : 0,
                              error));
    return iou_model_build(model, options, error);
}

static iou_status check_options(const iou_model_options *options, iou_error *error) {
    IOU_FAIL_IF(options && options->struct_size != sizeof *options, IOU_INVALID_ARGUMENT, error,
                "options: struct_size %zu is wanted, %zu was given", sizeof *options,
                options->struct_size);
    return IOU_OK;
}

/** The model over `file`, which it owns on success; `folder` is that of its external data. */
static iou_status open_file(iou_model **out, iou_file file, const char *folder,
                            const iou_model_options *options, iou_error *error) {
    iou_model *model = calloc(1, sizeof *model);
    IOU_FAIL_IF(!model, IOU_OUT_OF_MEMORY, error, "no memory for the model");
    model->file = file;
    const bool told = options && options->external_data_folder;
    const iou_status status =
        decode(model, told ? options->external_data_folder : folder, options, error);
    if (status != IOU_OK) {
        model->file = (iou_file){0};
        iou_model_close(&model);
        return status;
    }
    *out = model;
    return IOU_OK;
}

iou_status iou_model_open_memory(iou_model **out, const void *data, size_t size,
                                 const iou_model_options *options, iou_error *error) {
    IOU_FAIL_IF(!out, IOU_INVALID_ARGUMENT, error, "a place for the model is wanted, it is null");
    *out = NULL;
    IOU_FAIL_IF(!data || size == 0, IOU_BAD_MODEL, error,
                "an ONNX model is wanted, there are no bytes");
    IOU_TRY(check_options(options, error));
    return open_file(out, (iou_file){data, size, false}, NULL, options, error);
}

/** The folder that the file at `path` stands in; the caller frees it. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    /* Of "/model.onnx" the slash itself is the folder. */
    return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

iou_status iou_model_open(iou_model **out, const char *path, const iou_model_options *options,
                          iou_error *error) {
    IOU_FAIL_IF(!out || !path, IOU_INVALID_ARGUMENT, error, "a place and a path are wanted");
    *out = NULL;
    IOU_TRY(check_options(options, error));
    iou_file file = {0};
    IOU_TRY(iou_file_map(&file, path, max_model_bytes(options), error));
    char *folder = folder_of(path);
    iou_status status =
        folder ? open_file(out, file, folder, options, error)
               : iou_fail(error, IOU_OUT_OF_MEMORY, "no memory for the model's folder");
    free(folder);
    if (status != IOU_OK) {
        iou_file_close(&file);
        status = iou_fail_context(error, status, "'%s'", path);
    }
    return status;
}

void iou_model_close(iou_model **model) {
    if (!model || !*model) {
        return;
    }
    connx_close(&(*model)->onnx);
    iou_arena_destroy((*model)->arena);
    iou_external_close(&(*model)->external);
    iou_file_close(&(*model)->file);
    free(*model);
    *model = NULL;
}

size_t iou_model_input_count(const iou_model *model) {
    return model ? (size_t)model->input_count : 0;
}

size_t iou_model_output_count(const iou_model *model) {
    return model ? (size_t)model->output_count : 0;
}

void iou_model_describe(const iou_model *model, int id, iou_value_info *info) {
    const iou_fact *fact = &model->facts[id];
    *info =
        (iou_value_info){.name = model->values[id].name, .type = fact->type, .rank = fact->rank};
    for (int i = 0; i < fact->rank; i++) {
        info->dims[i] = fact->dims[i].known ? fact->dims[i].value : -1;
        info->symbols[i] = fact->dims[i].known ? NULL : fact->dims[i].symbol;
    }
}

iou_status iou_model_input(const iou_model *model, size_t index, iou_value_info *info) {
    if (!model || !info || index >= (size_t)model->input_count) {
        return IOU_INVALID_ARGUMENT;
    }
    iou_model_describe(model, model->inputs[index], info);
    return IOU_OK;
}

iou_status iou_model_output(const iou_model *model, size_t index, iou_value_info *info) {
    if (!model || !info || index >= (size_t)model->output_count) {
        return IOU_INVALID_ARGUMENT;
    }
    iou_model_describe(model, model->outputs[index], info);
    return IOU_OK;
}

const char *iou_model_metadata_key(const iou_model *model, size_t index) {
    if (!model || index >= model->proto->n_metadata_props) {
        return NULL;
    }
    const char *key = model->proto->metadata_props[index]->key;
    return key ? key : "";
}

const char *iou_model_metadata(const iou_model *model, const char *key) {
    if (!model || !key) {
        return NULL;
    }
    for (size_t i = 0; i < model->proto->n_metadata_props; i++) {
        const Onnx__StringStringEntryProto *entry = model->proto->metadata_props[i];
        if (entry->key && strcmp(entry->key, key) == 0) {
            return entry->value ? entry->value : "";
        }
    }
    return NULL;
}
