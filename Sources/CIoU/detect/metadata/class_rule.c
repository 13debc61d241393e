#include "detect/metadata/detector_params.h"
#include "detect/metadata/metadata_text.h"

#include <string.h>

static void check_ids(const iou_detector_params *params, iou_metadata_reader *reader) {
    for (size_t i = 0; i < params->class_count && params->class_count <= 4096; i++) {
        for (size_t j = 0; j < i; j++) {
            if (params->label_ids[i] == params->label_ids[j]) {
                iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.labels.ids",
                                    "expected different numbers, found %lld twice",
                                    (long long)params->label_ids[i]);
                return;
            }
        }
    }
}

static void read_ids(iou_detector_params *params, iou_metadata_reader *reader) {
    params->label_ids = iou_metadata_alloc(reader, params->class_count * sizeof *params->label_ids);
    if (!params->label_ids) {
        return;
    }
    for (size_t i = 0; i < params->class_count; i++) {
        params->label_ids[i] = (int64_t)i + 1;
    }
    if (!iou_metadata_has(reader, "iou.labels.ids")) {
        return;
    }
    const char *text = iou_metadata_text(reader, "iou.labels.ids");
    if (!iou_text_integers(text, params->label_ids, params->class_count)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.labels.ids",
                            "expected %zu integers as in iou.labels, found '%s'",
                            params->class_count, iou_metadata_quoted(text).text);
        return;
    }
    check_ids(params, reader);
}

static void read_offset(iou_detector_params *params, iou_metadata_reader *reader) {
    const char *key = "iou.classes.offset";
    const size_t offset = (size_t)iou_metadata_integer(reader, key, 0, IOU_MAX_CLASSES);
    if (offset + params->class_count > params->channel_count) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected offset + %zu labels within %zu class channels, found %zu",
                            params->class_count, params->channel_count, offset);
        return;
    }
    for (size_t i = 0; i < params->class_count; i++) {
        params->class_channels[i] = (uint32_t)(offset + i);
    }
}

static void read_list(iou_detector_params *params, iou_metadata_reader *reader) {
    const char *key = "iou.classes.list";
    const size_t count = params->class_count;
    iou_metadata_absent(reader, "iou.classes.offset", "iou.classes.list is present");
    const char *text = iou_metadata_text(reader, key);
    int64_t *channels = iou_metadata_alloc(reader, count * sizeof *channels);
    if (!channels) {
        return;
    }
    if (!iou_text_integers(text, channels, count)) {
        iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                            "expected %zu integers as in iou.labels, found '%s'", count,
                            iou_metadata_quoted(text).text);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (channels[i] < 0 || channels[i] >= (int64_t)params->channel_count) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, key,
                                "expected channels below %zu, found %lld", params->channel_count,
                                (long long)channels[i]);
            return;
        }
        params->class_channels[i] = (uint32_t)channels[i];
    }
}

/* Marks channels, so that an order and duplicates show in one pass whatever their number. */
static void make_runs(iou_detector_params *params, iou_metadata_reader *reader) {
    uint8_t *marks = iou_metadata_alloc(reader, params->channel_count);
    params->runs = iou_metadata_alloc(reader, params->class_count * sizeof *params->runs);
    if (!marks || !params->runs) {
        return;
    }
    for (size_t i = 0; i < params->class_count; i++) {
        uint8_t *mark = &marks[params->class_channels[i]];
        if (*mark) {
            iou_metadata_refuse(reader, IOU_BAD_METADATA, "iou.classes.list",
                                "expected every channel once, found %u again",
                                params->class_channels[i]);
            return;
        }
        *mark = 1;
    }
    for (size_t c = 0; c < params->channel_count; c++) {
        const bool begins = marks[c] && (c == 0 || !marks[c - 1]);
        if (begins) {
            params->runs[params->run_count++] = (iou_channel_run){(uint32_t)c, 0};
        }
        if (marks[c]) {
            params->runs[params->run_count - 1].count++;
        }
    }
}

static void read_channels(iou_detector_params *params, iou_metadata_reader *reader) {
    const size_t size = params->class_count * sizeof *params->class_channels;
    params->class_channels = iou_metadata_alloc(reader, size);
    if (!params->class_channels) {
        return;
    }
    if (iou_metadata_has(reader, "iou.classes.list")) {
        read_list(params, reader);
    } else {
        read_offset(params, reader);
    }
    if (reader->status == IOU_OK) {
        make_runs(params, reader);
    }
}

void iou_labels_read(iou_detector_params *params, iou_metadata_reader *reader) {
    const iou_metadata_lines labels = iou_metadata_split(reader, "iou.labels");
    params->labels = labels.items;
    params->class_count = labels.count;
    read_ids(params, reader);
}

void iou_class_rule_read(iou_detector_params *params, iou_metadata_reader *reader) {
    params->channel_count =
        (size_t)iou_metadata_integer(reader, "iou.classes.channels", 1, IOU_MAX_CLASSES);
    read_channels(params, reader);
}
