/*
 * Operators of other domains, which quantizing tools write, as bodies of standard ones: when a
 * model is loaded, they are in the place of the node, as those of a function are.
 */
#ifndef IOU_COMPOSED_H
#define IOU_COMPOSED_H

#include <stddef.h>

/**
 * A node of a body. `inputs` and `attributes` are words between spaces; "-" is an absent input.
 * Inputs "..." are all that the call has behind those with names: of a DequantizeLinear three for
 * each of several nodes, else their outputs. An attribute is `name`, of the call's of that name,
 * `name=other`, of another, `name:1`, a whole number, `name~0.5`, or `name#2`, an element of the
 * call's activation_params.
 */
typedef struct iou_composed_node {
    const char *type, *inputs, *outputs, *attributes;
    /** NULL, or when it is there: input `x` is given, attribute `?a` is, attribute `@a` is and not
     * 0, or `@a=TEXT` is; with `!` before it, when not. */
    const char *when;
} iou_composed_node;

typedef struct iou_composed {
    const char *type, *inputs, *outputs; /**< inputs: where the last is "...", any others follow */
    const char *attributes;              /**< all that it has */
    const char *zero;                    /**< of these, those that must be 0 where they are given */
    const char *choice, *choices;        /**< an attribute and the words that it may be; or NULL */
    int opset;                           /**< of the nodes; 0: attribute `opset` says it */
    const iou_composed_node *nodes;
    size_t count;
} iou_composed;

/** The domain of all of them. */
#define IOU_COMPOSED_DOMAIN "com.microsoft"

/** NULL: there is none. */
const iou_composed *iou_composed_find(const char *domain, const char *type);

#endif
