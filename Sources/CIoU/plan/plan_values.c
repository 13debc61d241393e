/* Values and the storages that hold them, in one layout or both. */
#include "plan/layout.h"
#include "plan/plan_builder.h"

#include <string.h>

iou_status iou_plan_no_memory(const iou_plan_builder *b) {
    return iou_fail(b->error, IOU_OUT_OF_MEMORY, "no memory for the plan");
}

bool iou_plan_reserve(iou_plan_builder *b, void **array, int count, int *capacity, size_t element) {
    if (count < *capacity) {
        return true;
    }
    const int grown = *capacity ? *capacity * 2 : 64;
    void *memory = iou_arena_alloc(b->plan->memory, (size_t)grown * element);
    if (!memory) {
        return false;
    }
    if (count) {
        memcpy(memory, *array, (size_t)count * element);
    }
    *array = memory;
    *capacity = grown;
    return true;
}

int iou_plan_add_storage(iou_plan_builder *b, iou_storage_kind kind, size_t size,
                         const void *constant, int index) {
    iou_plan *plan = b->plan;
    void *array = plan->storages;
    if (!iou_plan_reserve(b, &array, plan->storage_count, &b->storage_capacity,
                          sizeof(iou_storage))) {
        return -1;
    }
    plan->storages = array;
    const int id = plan->storage_count++;
    plan->storages[id] =
        (iou_storage){.kind = kind, .index = index, .constant = constant, .size = size, .root = id};
    return id;
}

iou_plan_step *iou_plan_add_step(iou_plan_builder *b, int inputs, int outputs) {
    iou_plan *plan = b->plan;
    void *array = plan->steps;
    if (!iou_plan_reserve(b, &array, plan->step_count, &b->step_capacity, sizeof(iou_plan_step))) {
        return NULL;
    }
    plan->steps = array;
    int *storages = iou_arena_alloc(plan->memory, sizeof(int) * (size_t)(inputs + outputs + 1));
    void **pointers =
        iou_arena_alloc(plan->memory, sizeof(void *) * (size_t)(inputs + outputs + 1));
    if (!storages || !pointers) {
        return NULL;
    }
    iou_plan_step *step = &plan->steps[plan->step_count++];
    *step = (iou_plan_step){.input_count = inputs,
                            .output_count = outputs,
                            .inputs = storages,
                            .outputs = storages + inputs,
                            .in = (const void **)pointers,
                            .out = pointers + inputs};
    return step;
}

size_t iou_plan_fact_size(const iou_fact *fact) {
    size_t count = 0;
    (void)iou_fact_count(fact, &count);
    return count * iou_type_size(fact->type);
}

iou_operand iou_plan_operand(const iou_fact *fact, iou_layout layout) {
    iou_operand o = {
        .type = fact->type, .rank = fact->rank, .layout = layout, .constant = fact->data};
    for (int i = 0; i < fact->rank; i++) {
        o.dims[i] = fact->dims[i].value;
    }
    (void)iou_fact_count(fact, &o.count);
    return o;
}

bool iou_plan_knows(const iou_fact *fact) {
    bool known =
        fact->data || (fact->elements && fact->element_count >= 0 && iou_fact_is_concrete(fact));
    for (int i = 0; known && !fact->data && i < fact->element_count; i++) {
        known = fact->elements[i].known;
    }
    return known;
}

bool iou_plan_materialize(iou_plan_builder *b, iou_fact *fact) {
    if (fact->data || !iou_plan_knows(fact)) {
        return true;
    }
    const size_t element = iou_type_size(fact->type);
    char *bytes = iou_arena_alloc(b->plan->memory, element * (size_t)fact->element_count + 1);
    if (!bytes) {
        return false;
    }
    for (int i = 0; i < fact->element_count; i++) { /* little endian: the low bytes come first */
        memcpy(bytes + element * (size_t)i, &fact->elements[i].value, element);
    }
    fact->data = bytes;
    fact->data_size = element * (size_t)fact->element_count;
    return true;
}

/** A constant's storage; a copy when its bytes are not aligned for direct reading. */
static int constant_storage(iou_plan_builder *b, const iou_fact *fact) {
    const size_t size = iou_plan_fact_size(fact), element = iou_type_size(fact->type);
    const void *bytes = fact->data;
    if (element > 1 && (uintptr_t)bytes % element != 0 && size > 0) {
        void *copy = iou_arena_alloc(b->plan->memory, size);
        if (!copy) {
            return -1;
        }
        memcpy(copy, bytes, size);
        bytes = copy;
    }
    return iou_plan_add_storage(b, IOU_STORAGE_CONSTANT, size, bytes, 0);
}

/** Adds a storage and a step, to be filled, that copies a value into it. */
static iou_status add_copy(iou_plan_builder *b, int value, int from, int *storage,
                           iou_plan_step **step) {
    const size_t size = b->plan->storages[from].size;
    *storage = iou_plan_add_storage(b, IOU_STORAGE_ARENA, size, NULL, 0);
    *step = *storage < 0 ? NULL : iou_plan_add_step(b, 1, 1);
    if (!*step) {
        return iou_plan_no_memory(b);
    }
    (*step)->name = b->model->values[value].name;
    (*step)->type = "(layout)";
    (*step)->inputs[0] = from;
    (*step)->outputs[0] = *storage;
    return IOU_OK;
}

/** Converts between plain and another layout. */
static iou_status convert(iou_plan_builder *b, int value, iou_layout from_layout, iou_layout to,
                          int *storage) {
    const int from_storage = b->storages[value][from_layout];
    iou_operand operand = iou_plan_operand(&b->facts[value], from_layout);
    const iou_storage from = b->plan->storages[from_storage];
    if (iou_layout_trivial(&operand, to)) {
        *storage = from_storage;
        return IOU_OK;
    }
    if (from.kind == IOU_STORAGE_CONSTANT) {
        void *copy = iou_arena_alloc(b->plan->memory, from.size + 1);
        if (!copy) {
            return iou_plan_no_memory(b);
        }
        iou_layout_copy(copy, from.constant, &operand, to);
        *storage = iou_plan_add_storage(b, IOU_STORAGE_CONSTANT, from.size, copy, 0);
        return *storage < 0 ? iou_plan_no_memory(b) : IOU_OK;
    }
    iou_plan_step *step;
    IOU_TRY(add_copy(b, value, from_storage, storage, &step));
    return iou_layout_step(&step->step, &operand, to, b->plan->memory, b->error);
}

/** Copies a part of a larger value. */
static iou_status extract(iou_plan_builder *b, int value, iou_layout to, int *storage) {
    const int from = b->storages[value][IOU_PITCHED_STORAGE];
    iou_operand operand = iou_plan_operand(&b->facts[value], IOU_CHANNELS_LAST);
    operand.pitch = b->plan->storages[from].pitch;
    iou_plan_step *step;
    IOU_TRY(add_copy(b, value, from, storage, &step));
    return to == IOU_PLAIN
               ? iou_layout_step(&step->step, &operand, to, b->plan->memory, b->error)
               : iou_layout_dense_step(&step->step, &operand, b->plan->memory, b->error);
}

double iou_plan_step_bytes(const iou_plan *plan, const iou_plan_step *step) {
    double bytes = (double)step->packed_size;
    for (int i = 0; i < step->input_count; i++) {
        bytes += step->inputs[i] < 0 ? 0 : (double)plan->storages[step->inputs[i]].size;
    }
    for (int i = 0; i < step->output_count; i++) {
        bytes += step->outputs[i] < 0 ? 0 : (double)plan->storages[step->outputs[i]].size;
    }
    return bytes;
}

iou_status iou_plan_storage_of(iou_plan_builder *b, int value, iou_layout layout, int *storage) {
    int *storages = b->storages[value];
    const bool part = storages[IOU_PITCHED_STORAGE] >= 0;
    iou_layout made = IOU_PLAIN;
    while (made < IOU_LAYOUTS && storages[made] < 0) {
        made++;
    }
    if (storages[layout] < 0 && part) {
        IOU_TRY(extract(b, value, layout, &storages[layout]));
    }
    if (made == IOU_LAYOUTS && !part) {
        made = IOU_PLAIN;
        storages[made] = constant_storage(b, &b->facts[value]);
        if (storages[made] < 0) {
            return iou_plan_no_memory(b);
        }
    }
    if (storages[layout] < 0 && layout != IOU_PLAIN && made != IOU_PLAIN) {
        IOU_TRY(convert(b, value, made, IOU_PLAIN, &storages[IOU_PLAIN]));
        made = IOU_PLAIN;
    }
    if (storages[layout] < 0) {
        IOU_TRY(convert(b, value, made, layout, &storages[layout]));
    }
    *storage = storages[layout];
    return IOU_OK;
}

bool iou_plan_made_channels_last(const int *storages) {
    const int part = storages[IOU_PITCHED_STORAGE];
    const int made = part >= 0 ? part : storages[IOU_CHANNELS_LAST];
    return made >= 0 && (storages[IOU_PLAIN] < 0 || made < storages[IOU_PLAIN]);
}
