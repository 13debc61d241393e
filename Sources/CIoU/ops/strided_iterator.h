/* Strided iteration: over an output in memory order, while operands follow with strides of their
 * own. */
#ifndef IOU_STRIDED_ITERATOR_H
#define IOU_STRIDED_ITERATOR_H

#include "core/target.h"
#include "ops/op.h"

/** Elements of one task of an element-wise operator. */
enum { IOU_CHUNK = 16384, IOU_ITERATOR_RANK = 2 * IOU_MAX_RANK, IOU_ITERATOR_OPERANDS = 3 };

size_t iou_chunk_tasks(size_t count);
/** The elements begin … end-1 of `task`. */
void iou_chunk(size_t task, size_t count, size_t *begin, size_t *end);

/** ONNX dimension that is at memory position 0, 1, … of a value. */
void iou_memory_order(int rank, iou_layout layout, int order[IOU_MAX_RANK]);
/** Strides in elements, indexed by ONNX dimension. */
void iou_memory_strides(const iou_operand *operand, int64_t strides[IOU_MAX_RANK]);

/** A dense output in memory order; operands with any strides; neighbours merged where possible. */
typedef struct iou_iterator {
    int rank; /**< at least 1 once finished */
    size_t count;
    int operands;
    int64_t dims[IOU_ITERATOR_RANK];
    int64_t strides[IOU_ITERATOR_OPERANDS][IOU_ITERATOR_RANK];
} iou_iterator;

/** Operands that broadcast to `out`, each in its own layout. */
void iou_iterator_broadcast(iou_iterator *iterator, const iou_operand *out,
                            const iou_operand *const *in, int operands);
/** Drops dimensions of 1 and merges neighbours; call after filling rank, dims and strides. */
void iou_iterator_finish(iou_iterator *iterator);

/** Offsets of element `at`; returns how many elements before `end` follow in its innermost row. */
size_t iou_iterator_seek(const iou_iterator *iterator, size_t at, size_t end,
                         int64_t offsets[IOU_ITERATOR_OPERANDS]);
/** Neighbouring rows of the same length: those of one dimension, or what is left of one row. */
typedef struct iou_iterator_rows {
    size_t rows, length;
    int64_t offsets[IOU_ITERATOR_OPERANDS]; /**< of the first */
    int64_t steps[IOU_ITERATOR_OPERANDS];   /**< from one to the next */
} iou_iterator_rows;

/** Those from element `at` on, before `end`. */
iou_iterator_rows iou_iterator_rows_at(const iou_iterator *iterator, size_t at, size_t end);

static inline int64_t iou_iterator_step(const iou_iterator *iterator, int operand) {
    return iterator->strides[operand][iterator->rank - 1];
}

/** Prepares a step that copies input `input` to output 0 along operand 0 of the iterator. */
iou_status iou_prepare_gather(const iou_prepare *prepare, const iou_iterator *iterator, int input,
                              int64_t base);
/** Prepares a step that copies the bytes of input 0 to output 0. */
iou_status iou_prepare_copy(const iou_prepare *prepare);
/** Copies n elements of `size` bytes: out is dense, in has a stride in elements. */
void iou_copy_strided(void *out, const void *in, size_t n, int64_t stride, size_t size);

#endif
