# The front door. `make demo` and `make check` do all the set-up themselves.

SWIFT   ?= swift
CC      ?= gcc
PREFIX  ?= /usr/local
OPENMP  ?= 1

SWIFT_FLAGS := -c release -Xswiftc -enable-testing --disable-sandbox
BIN         := .build/release
LIB         := .build-lib

C_SOURCES := $(wildcard Sources/CONNX/*.c) $(wildcard Sources/CIoU/*/*.c) $(wildcard Sources/CIoU/*/*/*.c)
DOORS     := $(wildcard Tests/CIoUTestSupport/*.c)
OBJECTS   := $(C_SOURCES:Sources/%.c=$(LIB)/obj/%.o)
INCLUDES  := -ISources/CIoU -ISources/CIoU/include -ISources/CONNX -ISources/CONNX/include
WARNINGS  := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
             -Wmissing-prototypes -Werror
CFLAGS    := -std=c11 -O2 -g -fPIC -fvisibility=hidden -ffp-contract=off $(INCLUDES)

# LLVM's OpenMP runtime, also for gcc's objects: gcc's own hangs in a forked child.
OMP_LIB := $(patsubst %/libomp.so,%,$(lastword $(sort $(wildcard /usr/lib/llvm-*/lib/libomp.so))))
OMP_INC := $(patsubst %/omp.h,%,$(lastword $(wildcard $(OMP_LIB)/clang/*/include/omp.h)))
ifeq ($(OPENMP),1)
OMP_CFLAGS := -fopenmp -DIOU_OPENMP=1 -idirafter $(OMP_INC)
OMP_LINK   := -L$(OMP_LIB) -Wl,-rpath,$(OMP_LIB) -lomp
endif

.PHONY: build demo check check-full lib check-doors bench-worker test format lint clean deps

deps:
	@tools/install_dependencies.sh

build: deps
	$(SWIFT) build $(SWIFT_FLAGS)

demo: build
	@mkdir -p out
	$(BIN)/iourun models/blood-cells.onnx Examples/smear.png --score-threshold 0.5 --output out/smear.png
	@echo "The picture with its boxes: $(CURDIR)/out/smear.png"

lib: $(LIB)/libiou.so $(LIB)/libiou.a

$(LIB)/obj/CIoU/core/parallel.o: CFLAGS += $(OMP_CFLAGS)
$(LIB)/obj/CONNX/onnx.pb-c.o: WARNINGS :=
# gcc unrolls the short loops of a tile at -O3 only, clang always.
$(filter %_avx2.o %_avx512.o,$(OBJECTS)): CFLAGS += -O3

$(LIB)/obj/%.o: Sources/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(CFLAGS) $(WARNINGS) -MMD -c -o $@ $<

-include $(OBJECTS:.o=.d)

$(LIB)/libiou.so: $(OBJECTS)
	@echo "LD $@"
	@$(CC) -shared -o $@ $(OBJECTS) -Wl,-soname,libiou.so.0 -Wl,--exclude-libs,ALL \
	    -l:libprotobuf-c.a $(OMP_LINK) -lm -lpthread

$(LIB)/libiou.a: $(OBJECTS)
	@$(AR) rcs $@ $(OBJECTS)

# The same sources with doors to internals, for the Python checks.
check-doors: $(LIB)/libioucheck.so

$(LIB)/libioucheck.so: $(OBJECTS) $(DOORS) $(wildcard Tests/CIoUTestSupport/include/*.h)
	@echo "LD $@"
	@$(CC) $(filter-out -fvisibility=hidden,$(CFLAGS)) -ITests/CIoUTestSupport/include -shared -o $@ \
	    $(DOORS) $(OBJECTS) -Wl,--exclude-libs,ALL -l:libprotobuf-c.a $(OMP_LINK) -lm -lpthread

# The C side of tools/bench_peers.py.
bench-worker: $(LIB)/bench_libiou

$(LIB)/bench_libiou: tools/bench/bench_libiou.c $(LIB)/libiou.so
	@echo "CC $<"
	@$(CC) -std=c11 -O2 -ISources/CIoU/include $(WARNINGS) -o $@ $< -L$(LIB) -liou -Wl,-rpath,'$$ORIGIN'

test: deps
	$(SWIFT) test $(SWIFT_FLAGS)

check: deps
	$(MAKE) lint
	$(MAKE) -j2 lib check-doors
	$(SWIFT) build $(SWIFT_FLAGS) --build-tests
	$(SWIFT) test $(SWIFT_FLAGS) --skip-build
	tools/check/run.sh

check-full: check
	tools/check/run.sh --full

format:
	tools/format.sh --fix

lint:
	tools/format.sh
	tools/check_layers.sh

clean:
	rm -rf .build .build-lib out
