/*
 * The operator Attention: softmax(Q K^T * scale + bias) V for every head. Tokens are what K and V
 * have rows of; those of the past come first.
 */
#ifndef IOU_ATTENTION_OP_H
#define IOU_ATTENTION_OP_H

#include "ops/matmul/gemm.h"
#include "ops/norm/softmax_kernel.h"
#include "ops/op.h"

enum { IOU_QUERY, IOU_KEY, IOU_VALUE, IOU_MASK, IOU_PAST_KEY, IOU_PAST_VALUE, IOU_TOKEN_COUNTS };
enum { IOU_ATTENDED, IOU_PRESENT_KEY, IOU_PRESENT_VALUE, IOU_SCORES, IOU_ATTENTION_OUTPUTS };

/** What the output IOU_SCORES shows. */
typedef enum iou_score_stage {
    IOU_STAGE_PRODUCT,
    IOU_STAGE_CAPPED,
    IOU_STAGE_BIASED,
    IOU_STAGE_SOFTMAX
} iou_score_stage;

typedef struct iou_attention_attributes {
    int64_t heads, kv_heads; /**< 0: not given */
    bool causal, scaled;
    int64_t left, right;   /**< tokens that are looked at beside the query's own; -1: all */
    double scale, softcap; /**< softcap 0: none */
    iou_score_stage stage;
} iou_attention_attributes;

/** Rows of `width` neighbouring elements for each of a batch and each of its heads. */
typedef struct iou_head_rows {
    size_t batch, head, row; /**< strides in elements */
    size_t width;
} iou_head_rows;

/** The mask broadcasts; its strides are 0 where it does. */
typedef struct iou_attention_mask {
    bool given, truth; /**< truth: of bool, else of the type of the inputs */
    size_t batch, head, row;
    size_t tokens; /**< those behind are masked */
} iou_attention_mask;

typedef struct iou_attention {
    iou_attention_attributes how;
    iou_type type; /**< float32 or float64 */
    size_t batch, heads, kv_heads, rows, past, tokens;
    iou_head_rows query, key, value, out;
    iou_head_rows past_key, past_value; /**< of rank 4 always */
    iou_attention_mask mask;
    bool counted; /**< token counts are given */
    bool makes[IOU_ATTENTION_OUTPUTS];
    size_t row_step, row_tasks; /**< query rows of a task; tasks of a head */
    size_t attending;           /**< tasks that attend; the others copy what becomes present */
    const iou_gemm_kernels *gemm;
    iou_caches caches;
    const iou_softmax_kernels *softmax;
} iou_attention;

/** What a task that attends computes. */
typedef struct iou_attention_part {
    size_t batch, head, row, rows;
} iou_attention_part;

/** Neighbouring rows, all of the past or none. */
typedef struct iou_token_rows {
    const void *data;
    size_t count, stride;
} iou_token_rows;

/** Keys or values of the part's head, from token `first` on. */
iou_token_rows iou_attention_tokens(const iou_attention *attention, const iou_call *call,
                                    const iou_attention_part *part, size_t first, bool values);

/** Whether scores have biases. */
bool iou_attention_is_biased(const iou_attention *attention);

/** What is added to the scores of a row: -infinity where a token must not be looked at. Answers
 * whether any may be. */
bool iou_attention_bias_f32(const iou_attention *attention, const iou_call *call,
                            const iou_attention_part *part, size_t row, float *bias);
bool iou_attention_bias_f64(const iou_attention *attention, const iou_call *call,
                            const iou_attention_part *part, size_t row, double *bias);

/** Bytes of scratch memory; SIZE_MAX where they are too many. */
size_t iou_attention_scratch_f32(const iou_attention *attention);
size_t iou_attention_scratch_f64(const iou_attention *attention);

void iou_attention_run_f32(const iou_attention *attention, const iou_call *call,
                           const iou_attention_part *part);
void iou_attention_run_f64(const iou_attention *attention, const iou_call *call,
                           const iou_attention_part *part);

#endif
