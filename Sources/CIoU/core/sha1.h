/* SHA-1, by which ONNX checks the files of external data. It protects from damage, not from malice.
 */
#ifndef IOU_SHA1_H
#define IOU_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { IOU_SHA1_SIZE = 20, IOU_SHA1_BLOCK = 64 };

typedef struct iou_sha1 {
    uint32_t state[5];
    uint64_t length; /**< bytes so far */
    unsigned char block[IOU_SHA1_BLOCK];
} iou_sha1;

void iou_sha1_begin(iou_sha1 *sha);
void iou_sha1_add(iou_sha1 *sha, const void *data, size_t size);
void iou_sha1_end(iou_sha1 *sha, unsigned char digest[IOU_SHA1_SIZE]);

#endif
