#include "connx_file_kind.h"

#include <stdbool.h>
#include <string.h>

static const struct {
    const char *start;
    size_t size;
    const char *kind;
} signatures[] = {
    {"\x89PNG\r\n\x1a\n", 8, "a PNG image"},
    {"\xff\xd8\xff", 3, "a JPEG image"},
    {"GIF8", 4, "a GIF image"},
    {"PK\x03\x04", 4, "a zip archive (PyTorch checkpoints are such)"},
    {"PK\x05\x06", 4, "an empty zip archive"},
    {"\x1f\x8b", 2, "a gzip file"},
    {"\x28\xb5\x2f\xfd", 4, "a zstd file"},
    {"\xfd"
     "7zXZ",
     5, "an xz file"},
    {"BZh", 3, "a bzip2 file"},
    {"\x89HDF", 4, "an HDF5 file"},
    {"\x93NUMPY", 6, "a NumPy array"},
    {"%PDF", 4, "a PDF document"},
    {"\x7f"
     "ELF",
     4, "an executable"},
    {"version https://git-lfs", 23, "a Git LFS pointer; fetch the file itself"},
    {"<!", 2, "an HTML page"},
    {"<html", 5, "an HTML page"},
    {"<HTML", 5, "an HTML page"},
    {"<?xml", 5, "an XML file"},
    {"ir_version", 10, "a model in text form"},
};

/* The first bytes are those of printable ASCII text of some length. */
static bool is_ascii(const uint8_t *data, size_t size) {
    const size_t shown = size < 256 ? size : 256;
    for (size_t i = 0; i < shown; i++) {
        const bool space = data[i] == '\n' || data[i] == '\r' || data[i] == '\t';
        if (!space && (data[i] < 0x20 || data[i] > 0x7e)) {
            return false;
        }
    }
    return size >= 8;
}

const char *connx_file_kind(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        if (size >= signatures[i].size &&
            memcmp(data, signatures[i].start, signatures[i].size) == 0) {
            return signatures[i].kind;
        }
    }
    return is_ascii(data, size) ? "text" : NULL;
}
