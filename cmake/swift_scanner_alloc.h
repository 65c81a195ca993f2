/* Included before the scanner of tree-sitter-swift 0.7.1, which asks for zero objects of its state:
   calloc(0, sizeof(struct ScannerState)). It gets one. */
#include <stdlib.h>
#define calloc(count, size) calloc((count) == 0 ? 1 : (count), (size))
