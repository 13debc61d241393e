/* Guesses what a file is that is not a model. */
#ifndef CONNX_FILE_KIND_H
#define CONNX_FILE_KIND_H

#include <stddef.h>
#include <stdint.h>

/* "a PNG image", or NULL if the first bytes say nothing. */
const char *connx_file_kind(const uint8_t *data, size_t size);

#endif
