/*
 * What a run makes whose size only it finds out: tensors, strings, and sequences of tensors.
 * Nothing in a pool changes: a sequence that differs is another one, which shares the tensors.
 *
 * A value of a sequence's or optional's type is one pointer: to an iou_sequence, to an
 * iou_run_pool_tensor, or NULL for an optional without an element. Plans move it as they move
 * numbers, so that nobody counts who has it; a pool is emptied when the run is over, and a body
 * that runs many times frees what its states do not reach any more.
 */
#ifndef IOU_RUN_POOL_H
#define IOU_RUN_POOL_H

#include "ops/op.h"
#include "core/text.h"

/** What begins every block of a pool. */
typedef struct iou_run_pool_block {
    struct iou_run_pool_block *older;
    size_t bytes;
    bool reached; /**< while unreachable blocks are looked for */
} iou_run_pool_block;

typedef struct iou_run_pool_tensor {
    iou_run_pool_block block;
    iou_type type;
    int rank;
    int64_t dims[IOU_MAX_RANK];
    size_t size; /**< bytes */
    void *data;  /**< 64-byte aligned */
} iou_run_pool_tensor;

/** Room for the elements of sequences that begin alike: one that is longer by an element at the end
 * takes the next place where that is free. */
typedef struct iou_run_pool_list {
    iou_run_pool_block block;
    size_t capacity, used;
    const iou_run_pool_tensor **elements;
} iou_run_pool_list;

typedef struct iou_sequence {
    iou_run_pool_block block;
    iou_run_pool_list *list;
    size_t count; /**< its elements are the first so many of the list's */
} iou_sequence;

typedef struct iou_run_pool {
    iou_run_pool_block *newest;
    iou_run_pool_block *texts; /**< of strings, which stay: tensors anywhere may point at them */
    size_t bytes;
    size_t limit; /**< of `bytes`, for what is made next */
    size_t kept;  /**< bytes that were left when unreachable blocks were freed last */
} iou_run_pool;

/** A tensor without content. */
iou_status iou_run_pool_add_tensor(iou_run_pool *pool, iou_type type, int rank, const int64_t *dims,
                                   iou_run_pool_tensor **tensor, iou_error *error);

/** A copy of an operand. */
iou_status iou_run_pool_copy(iou_run_pool *pool, const iou_operand *operand, const void *data,
                             const iou_run_pool_tensor **tensor, iou_error *error);

/** A sequence of `count` elements, which the caller fills in. */
iou_status iou_run_pool_add_sequence(iou_run_pool *pool, size_t count, iou_sequence **sequence,
                                     iou_error *error);

/** `from` with another element at its end. */
iou_status iou_run_pool_append(iou_run_pool *pool, const iou_sequence *from,
                               const iou_run_pool_tensor *element, iou_sequence **sequence,
                               iou_error *error);

/** A string of `length` bytes, which the caller fills in. */
iou_status iou_run_pool_add_text(iou_run_pool *pool, size_t length, iou_text **text,
                                 iou_error *error);

/** Marks what a value of a composite type reaches. */
void iou_run_pool_reach(iou_type type, const void *value);
/** Frees the blocks after `since` that nobody has reached. */
void iou_run_pool_sweep(iou_run_pool *pool, const iou_run_pool_block *since);

/** Frees all. */
void iou_run_pool_clear(iou_run_pool *pool);

/* ---- Steps ----------------------------------------------------------------------------------- */

/** What the steps of pooled operators have as parameters. */
typedef struct iou_pooled_step {
    const void *attributes;
    int input_count;
    const iou_operand *const *in; /**< NULL: absent */
    const iou_operand *out;
} iou_pooled_step;

/** A step of one task. */
iou_status iou_pooled_prepare(const iou_prepare *prepare, iou_run_task run);

/** The operand of an input of the step; NULL: absent. */
const iou_operand *iou_pooled_operand(const iou_call *call, int input);

/** Makes an output of a step, whose bytes the caller fills in. */
iou_status iou_call_make(const iou_call *call, int output, iou_type type, int rank,
                         const int64_t *dims, void **data);
/** Makes a tensor of the pool an output of a step. */
void iou_call_give(const iou_call *call, int output, const iou_run_pool_tensor *tensor);

#endif
