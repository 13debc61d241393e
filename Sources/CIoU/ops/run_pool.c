/* Tensors, strings and sequences that a run makes. */
#include "ops/run_pool.h"

#include "core/memory.h"
#include "core/sizes.h"

#include <string.h>

/* ---- Blocks -------------------------------------------------------------------------------- */

enum { OVERHEAD = 64 /* bytes that the library's memory takes for each block */ };

/** A block of at least a header's size, in front of a list. */
static iou_status add_block_to(iou_run_pool *pool, iou_run_pool_block **list, size_t content,
                               void **block, iou_error *error) {
    const size_t size =
        content > SIZE_MAX - 2 * OVERHEAD ? SIZE_MAX : iou_memory_aligned(content) + OVERHEAD;
    IOU_FAIL_IF(pool->bytes > pool->limit || size > pool->limit - pool->bytes, IOU_LIMIT, error,
                "expected at most %zu bytes for sequences and values of unknown size, found %zu "
                "more than %zu",
                pool->limit, size, pool->bytes);
    iou_run_pool_block *made = iou_memory_take(content);
    IOU_FAIL_IF(!made, IOU_OUT_OF_MEMORY, error, "no memory for %zu bytes", content);
    *made = (iou_run_pool_block){.older = *list, .bytes = size};
    *list = made;
    pool->bytes += size;
    *block = made;
    return IOU_OK;
}

static iou_status add_block(iou_run_pool *pool, size_t content, void **block, iou_error *error) {
    return add_block_to(pool, &pool->newest, content, block, error);
}

/** The size of a block with `count` elements behind its header; the largest where it overflows. */
static size_t block_size(size_t header, size_t count, size_t element) {
    const size_t content = iou_size_times(count, element), room = iou_memory_aligned(header);
    return content > SIZE_MAX - room ? SIZE_MAX : room + content;
}

static void *content_of(void *block, size_t header) {
    return (char *)block + iou_memory_aligned(header);
}

void iou_run_pool_sweep(iou_run_pool *pool, const iou_run_pool_block *since) {
    iou_run_pool_block **at = &pool->newest;
    while (*at != since) {
        iou_run_pool_block *block = *at;
        if (block->reached) {
            block->reached = false;
            at = &block->older;
            continue;
        }
        *at = block->older;
        pool->bytes -= block->bytes;
        iou_memory_release(block);
    }
    pool->kept = pool->bytes;
}

static void clear(iou_run_pool_block **list) {
    while (*list) {
        iou_run_pool_block *block = *list;
        *list = block->older;
        iou_memory_release(block);
    }
}

void iou_run_pool_clear(iou_run_pool *pool) {
    clear(&pool->newest);
    clear(&pool->texts);
    pool->bytes = pool->kept = 0;
}

/* ---- Tensors ------------------------------------------------------------------------------- */

iou_status iou_run_pool_add_tensor(iou_run_pool *pool, iou_type type, int rank, const int64_t *dims,
                                   iou_run_pool_tensor **tensor, iou_error *error) {
    size_t size = iou_type_size(type);
    for (int d = 0; d < rank; d++) {
        size = iou_size_times(size, (size_t)dims[d]);
    }
    void *block;
    IOU_TRY(add_block(pool, block_size(sizeof(iou_run_pool_tensor), size, 1), &block, error));
    *tensor = block;
    (*tensor)->type = type;
    (*tensor)->rank = rank;
    memcpy((*tensor)->dims, dims, sizeof(int64_t) * (size_t)rank);
    (*tensor)->size = size;
    (*tensor)->data = content_of(block, sizeof(iou_run_pool_tensor));
    return IOU_OK;
}

iou_status iou_run_pool_copy(iou_run_pool *pool, const iou_operand *operand, const void *data,
                             const iou_run_pool_tensor **tensor, iou_error *error) {
    iou_run_pool_tensor *copy;
    IOU_TRY(
        iou_run_pool_add_tensor(pool, operand->type, operand->rank, operand->dims, &copy, error));
    if (copy->size > 0) {
        memcpy(copy->data, data, copy->size);
    }
    *tensor = copy;
    return IOU_OK;
}

iou_status iou_run_pool_add_text(iou_run_pool *pool, size_t length, iou_text **text,
                                 iou_error *error) {
    const size_t size = sizeof(iou_text) + length;
    void *block;
    IOU_TRY(add_block_to(pool, &pool->texts, block_size(sizeof(iou_run_pool_block), size, 1),
                         &block, error));
    *text = content_of(block, sizeof(iou_run_pool_block));
    (*text)->length = length;
    return IOU_OK;
}

/* ---- Sequences ----------------------------------------------------------------------------- */

static iou_status add_list(iou_run_pool *pool, size_t capacity, iou_run_pool_list **list,
                           iou_error *error) {
    void *block;
    IOU_TRY(add_block(pool, block_size(sizeof(iou_run_pool_list), capacity, sizeof(void *)), &block,
                      error));
    *list = block;
    (*list)->capacity = capacity;
    (*list)->used = 0;
    (*list)->elements = content_of(block, sizeof(iou_run_pool_list));
    return IOU_OK;
}

/** The sequence of all elements of a list so far. */
static iou_status add_view(iou_run_pool *pool, iou_run_pool_list *list, iou_sequence **sequence,
                           iou_error *error) {
    void *block;
    IOU_TRY(add_block(pool, sizeof(iou_sequence), &block, error));
    *sequence = block;
    (*sequence)->list = list;
    (*sequence)->count = list->used;
    return IOU_OK;
}

iou_status iou_run_pool_add_sequence(iou_run_pool *pool, size_t count, iou_sequence **sequence,
                                     iou_error *error) {
    iou_run_pool_list *list;
    IOU_TRY(add_list(pool, count, &list, error));
    list->used = count;
    return add_view(pool, list, sequence, error);
}

iou_status iou_run_pool_append(iou_run_pool *pool, const iou_sequence *from,
                               const iou_run_pool_tensor *element, iou_sequence **sequence,
                               iou_error *error) {
    iou_run_pool_list *list = from->list;
    if (list->used != from->count || list->used == list->capacity) {
        const size_t count = from->count;
        IOU_TRY(add_list(pool, 2 * count + 4, &list, error));
        memcpy((void *)list->elements, (const void *)from->list->elements, sizeof(void *) * count);
        list->used = count;
    }
    list->elements[list->used++] = element;
    return add_view(pool, list, sequence, error);
}

/* ---- What is in use ------------------------------------------------------------------------ */

/** Blocks are the pool's to mark, whoever holds them. */
static void reach(const iou_run_pool_block *block) {
    ((iou_run_pool_block *)(uintptr_t)block)->reached = true;
}

void iou_run_pool_reach(iou_type type, const void *value) {
    if (!value) {
        return;
    }
    if (!iou_type_has_sequence(type)) {
        reach(&((const iou_run_pool_tensor *)value)->block);
        return;
    }
    const iou_sequence *sequence = value;
    reach(&sequence->block);
    reach(&sequence->list->block);
    for (size_t i = 0; i < sequence->count; i++) {
        reach(&sequence->list->elements[i]->block);
    }
}

/* ---- Steps --------------------------------------------------------------------------------- */

iou_status iou_pooled_prepare(const iou_prepare *prepare, iou_run_task run) {
    iou_pooled_step *step = iou_prepare_alloc(prepare, sizeof *step);
    if (!step) {
        return iou_prepare_fail(prepare, IOU_OUT_OF_MEMORY, "no memory");
    }
    for (int i = 0; i < prepare->node->output_count; i++) {
        if (prepare->node->outputs[i] >= 0 && iou_type_size(prepare->out[i].type) == 0) {
            return iou_prepare_fail(prepare, IOU_UNSUPPORTED,
                                    "the type of output %d is not known before the run", i);
        }
    }
    *step = (iou_pooled_step){prepare->node->attributes, prepare->node->input_count, prepare->in,
                              prepare->out};
    *prepare->step = (iou_step){
        .run = run, .params = step, .task_count = 1, .algorithm = "pool", .isa = "scalar"};
    return IOU_OK;
}

const iou_operand *iou_pooled_operand(const iou_call *call, int input) {
    const iou_pooled_step *step = call->params;
    return input < step->input_count ? step->in[input] : NULL;
}

void iou_call_give(const iou_call *call, int output, const iou_run_pool_tensor *tensor) {
    call->made[output] = tensor->data;
    iou_call_set_dims(call->out_dims[output], tensor->dims, tensor->rank);
}

iou_status iou_call_make(const iou_call *call, int output, iou_type type, int rank,
                         const int64_t *dims, void **data) {
    iou_run_pool_tensor *tensor;
    IOU_TRY(iou_run_pool_add_tensor(call->pool, type, rank, dims, &tensor, call->error));
    iou_call_give(call, output, tensor);
    *data = tensor->data;
    return IOU_OK;
}
