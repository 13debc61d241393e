# Start here. `make demo` and `make check` do all the set-up themselves.

SWIFT   ?= swift
CC      ?= gcc
OBJCOPY ?= objcopy
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
DESTDIR ?=

# The parts of libiou: 0 leaves one out. OPENMP=0 also builds the tools on the library's own thread pool.
OPENMP  ?= 1
IMAGE   ?= 1
# Formats of pictures beside PNG, JPEG and BMP.
WEBP    ?= 1
TIFF    ?= 1
GIF     ?= 1
# Videos in iourun, by FFmpeg's libraries, which are loaded when there is a video.
VIDEO   ?= 1
# make install, make dist: 0 leaves out the tools, which need Swift to be built, and no Swift to run.
TOOLS   ?= $(if $(shell command -v $(SWIFT) 2>/dev/null),1,0)
# OpenBLAS, for processors without kernels of ours: IOU_ISA=blas. Debian's libopenblas-serial-dev.
BLAS    ?= 0
# 1: misuse of handles aborts, for developing programs against the library.
DEBUG   ?= 0
FORMATS := $(if $(filter 1,$(WEBP)),WebP) $(if $(filter 1,$(TIFF)),TIFF) $(if $(filter 1,$(GIF)),GIF)
# OpenMP reaches the package's C by these, since Package.swift has no unsafe flags.
COMMA := ,
SPACE := $(subst ,, )
SWIFT_FLAGS  = -c release -Xswiftc -enable-testing --disable-sandbox $(TRAITS) \
               $(addprefix -Xcc ,$(OMP_CFLAGS) $(BLAS_CFLAGS)) $(SWIFT_LINK)
# SwiftPM calls what can be left out traits.
ifneq ($(WEBP)$(TIFF)$(GIF)$(VIDEO),1111)
PARTS  := $(FORMATS) $(if $(filter 1,$(VIDEO)),Video)
TRAITS := $(if $(strip $(PARTS)),--traits $(subst $(SPACE),$(COMMA),$(strip $(PARTS))),--disable-default-traits)
endif
SWIFT_LINK   = $(addprefix -Xlinker ,$(OMP_SWIFT_LINK) $(BLAS_SWIFT_LINK))
BIN         := .build/release
LIB         ?= .build-lib

# IOU_ISA=avx512 on a processor without AVX-512: the library of the checks has its kernels with every
# vector in two of AVX2. The tools and their tests run at the best level that there is.
ifeq ($(IOU_ISA),avx512)
EMULATE_AVX512 := $(if $(shell grep -ow avx512dq /proc/cpuinfo),,1)
endif
ifeq ($(EMULATE_AVX512),1)
override IOU_ISA :=
LIB       := .build-lib-emulated
CHECK_ENV := IOU_CHECK_ISA=avx512
endif
export IOU_ISA EMULATE_AVX512

# SAN=address,undefined or SAN=thread: the library of the checks with these sanitizers, and the checks of the C side.
ifneq ($(SAN),)
LIB          := .build-lib-$(subst $(COMMA),-,$(SAN))
EXTRA_CFLAGS += -O1 -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(SAN),thread)
override OPENMP := 0
endif
endif

C_SOURCES := $(wildcard Sources/CONNX/*.c) $(wildcard Sources/CIoU/*/*.c) $(wildcard Sources/CIoU/*/*/*.c)
# Drawing needs cairo; it and files with losses are the tools' alone.
ifeq ($(IMAGE),1)
C_SOURCES += $(filter-out $(addprefix Sources/CIoUImage/,draw% encode_check.c jpeg_encode.c webp_encode.c), \
               $(wildcard Sources/CIoUImage/*.c))
IMAGE_LINK := -lpng -ljpeg $(if $(filter WebP,$(FORMATS)),-lwebpdemux -lwebp) $(if $(filter TIFF,$(FORMATS)),-ltiff) \
              $(if $(filter GIF,$(FORMATS)),-lgif)
endif
TEST_HOOKS := $(wildcard Tests/CIoUTestSupport/*.c)
OBJECTS   := $(C_SOURCES:Sources/%.c=$(LIB)/obj/%.o)
VERSION   := $(shell sed -n 's/.*define IOU_VERSION "\(.*\)"/\1/p' Sources/CIoU/include/iou/iou.h)
# The soname's number: see CONTRIBUTING.md.
ABI       := 0
INCLUDES  := -ISources/CIoU -ISources/CIoU/include -ISources/CONNX -ISources/CONNX/include \
             -ISources/CIoUImage -ISources/CIoUImage/include
WARNINGS  := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
             -Wmissing-prototypes -Werror
# Under sanitizers gcc warns of paths that nothing takes.
ifneq ($(SAN),)
WARNINGS  := -w
endif
CFLAGS    := -std=c11 -O2 -ftree-vectorize -fvect-cost-model=dynamic -g -fPIC -fvisibility=hidden -ffp-contract=off $(INCLUDES) \
             $(if $(EMULATE_AVX512),-DIOU_EMULATE_AVX512) $(EXTRA_CFLAGS)
ifeq ($(DEBUG),1)
CFLAGS    += -DIOU_DEBUG
endif
LINK       = -Wl,--version-script=packaging/libiou.map -Wl,-z,defs -l:libprotobuf-c.a \
             $(BLAS_LINK) $(OMP_LINK) $(IMAGE_LINK) -lm -lpthread

# LLVM's OpenMP runtime, also for gcc's objects: gcc's own hangs in a forked child.
# Looked for when a recipe runs: `deps` may just have installed it.
OMP_LIB = $(patsubst %/libomp.so,%,$(lastword $(sort $(shell ls /usr/lib/llvm-*/lib/libomp.so 2>/dev/null))))
OMP_INC = $(patsubst %/omp.h,%,$(lastword $(shell ls $(OMP_LIB)/clang/*/include/omp.h 2>/dev/null)))
NO_OMP  = $(error OPENMP=1: expected /usr/lib/llvm-*/lib/libomp.so, found none; install libomp-dev or build with OPENMP=0)
ifeq ($(OPENMP),1)
OMP_CFLAGS     = -fopenmp -DIOU_OPENMP=1 -idirafter $(OMP_INC)
OMP_LINK       = -L$(OMP_LIB) -Wl,-rpath,$(OMP_LIB) -lomp
OMP_SWIFT_LINK = -L$(or $(OMP_LIB),$(NO_OMP)) -rpath $(OMP_LIB) -lomp
endif

# The serial OpenBLAS, in the library itself: a program's own stays apart. Its buffers are given out under a lock of ours
# (core/blas.c).
BLAS_LIB  = $(shell $(CC) -print-file-name=openblas-serial/libopenblas.a)
BLAS_INC  = $(patsubst /usr/lib/%/,/usr/include/%,$(dir $(realpath $(BLAS_LIB))))
NO_BLAS   = $(error BLAS=1: expected openblas-serial/libopenblas.a, found none; install libopenblas-serial-dev or build with BLAS=0)
BLAS_WRAP = --wrap=blas_memory_alloc --wrap=blas_memory_free
ifeq ($(BLAS),1)
BLAS_CFLAGS     = -DIOU_OPENBLAS=1 -DIOU_OPENBLAS_WRAPPED=1 -idirafter $(BLAS_INC)
BLAS_ARCHIVE    = $(or $(realpath $(BLAS_LIB)),$(NO_BLAS))
BLAS_LINK       = $(addprefix -Wl$(COMMA),$(BLAS_WRAP)) $(BLAS_ARCHIVE)
BLAS_SWIFT_LINK = $(BLAS_WRAP) $(BLAS_ARCHIVE)
endif

.PHONY: build swift-link demo docs docs-python serve check check-full check-plain check-python check-serve lib python-objects wheel tools install dist deb release-check test-hooks bench-worker test format lint clean deps

deps:
	@BLAS=$(BLAS) VIDEO=$(VIDEO) tools/install_dependencies.sh

build: deps
	$(SWIFT) build $(SWIFT_FLAGS)

# What the package's C needs of the linker beside Package.swift.
swift-link:
	@echo $(SWIFT_LINK)

demo: build
	@mkdir -p out
	$(BIN)/iourun models/blood-cells.onnx Examples/smear.png --score-threshold 0.6 --output out/smear.png
	@echo "The picture with its boxes: $(CURDIR)/out/smear.png"

# The pages of IoURuntime, in .build-docs.
docs: build
	tools/build_docs.sh

# The pages of the Python package, in .build-docs-python.
docs-python:
	tools/python/docs/build.sh

# The server, a package of its own: each session has a thread or more of the library's own, and never OpenMP's.
SERVE_FLAGS := -c release -Xswiftc -enable-testing --disable-sandbox --package-path tools/serve

serve: deps
	$(SWIFT) build $(SERVE_FLAGS) --product iouserve
	@echo "tools/serve/.build/release/iouserve MODEL... --port 8000"

# Its tests, and it against clients: iourun, NVIDIA's, Chromium, and hostile ones.
check-serve: build serve
	@SERVE=1 tools/install_dependencies.sh
	$(SWIFT) build $(SERVE_FLAGS) --build-tests
	$(SWIFT) test $(SERVE_FLAGS) --skip-build
	tools/serve/check/run.sh

lib: $(LIB)/libiou.so $(LIB)/libiou.a

# Objects are compiled again when the build flags have changed, which a stamp keeps.
BUILD_FLAGS := $(CC) $(CFLAGS) $(OMP_CFLAGS) $(BLAS_CFLAGS) $(FORMATS)
ifneq ($(BUILD_FLAGS),$(file <$(LIB)/build-flags))
$(shell mkdir -p $(LIB))
$(file >$(LIB)/build-flags,$(BUILD_FLAGS))
endif

$(LIB)/obj/CIoU/core/parallel.o: CFLAGS += $(OMP_CFLAGS)
$(LIB)/obj/CIoUImage/%.o: CFLAGS += $(foreach f,$(FORMATS),-DIOU_$(shell echo $(f) | tr a-z A-Z)=1)
$(LIB)/obj/CIoU/core/blas.o: CFLAGS += $(BLAS_CFLAGS)
$(LIB)/obj/CONNX/onnx.pb-c.o: WARNINGS :=
# gcc unrolls the short loops of a tile at -O3 only, clang always; under sanitizers that takes minutes to compile. Folds
# would be a megabyte.
ifeq ($(SAN),)
$(filter-out %/fold_avx2.o %/fold_avx512.o,$(filter %_avx2.o %_avx512.o %_vnni.o,$(OBJECTS))): CFLAGS += -O3
endif

$(LIB)/obj/%.o: Sources/%.c $(LIB)/build-flags
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(CFLAGS) $(WARNINGS) -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d)

$(LIB)/libiou.so: $(OBJECTS) packaging/libiou.map
	@echo "LD $@"
	@$(CC) $(EXTRA_CFLAGS) -shared -o $@ $(OBJECTS) -Wl,-soname,libiou.so.$(ABI) $(LINK)
	@ln -sf $(@F) $(@D)/libiou.so.$(ABI) # what a program of this folder asks for

PROTOBUF_C := $(shell $(CC) -print-file-name=libprotobuf-c.a)

# One object, so that nothing but the public functions is seen in it either.
$(LIB)/libiou.a: $(OBJECTS)
	@echo "AR $@"
	@$(LD) -r $(if $(BLAS_ARCHIVE),$(BLAS_WRAP)) -o $(LIB)/iou.o $(OBJECTS) $(PROTOBUF_C) $(BLAS_ARCHIVE)
	@$(OBJCOPY) --localize-hidden --wildcard --keep-global-symbol='iou_*' $(LIB)/iou.o
	@rm -f $@
	@$(AR) rcs $@ $(LIB)/iou.o
	@rm $(LIB)/iou.o

# What the extension module of tools/python is linked from: the objects, with what libiou.so keeps inside, and the colours
# of classes. Prints their names, and the libraries beside them.
PYTHON_OBJECTS := $(OBJECTS) $(LIB)/obj/CIoUImage/draw_palette.o
python-objects: $(PYTHON_OBJECTS)
	@echo "objects: $(abspath $(PYTHON_OBJECTS)) $(PROTOBUF_C) $(IMAGE_LINK)"

-include $(LIB)/obj/CIoUImage/draw_palette.d

# The Python package for machines without a compiler, in .build-wheel.
wheel: deps
	tools/python/wheel/build.sh

HEADERS := Sources/CIoU/include/iou/iou.h Sources/CIoU/include/iou/iou.hpp
ifeq ($(IMAGE),1)
HEADERS += Sources/CIoUImage/include/iou/image.h
endif
TEMPLATE = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@ABI@|$(ABI)|g' \
    -e 's|@SERIES@|$(basename $(VERSION))|g' -e 's|@POINTER@|$(shell expr $$(getconf LONG_BIT) / 8)|g' \
    -e 's|@UP@|$(shell realpath -m --relative-to=$(LIBDIR)/pkgconfig $(PREFIX))|g' \
    -e 's|@UP_FROM_LIB@|$(shell realpath -m --relative-to=$(LIBDIR) $(PREFIX))|g' \
    -e 's|@LIBNAME@|$(shell realpath -m --relative-to=$(PREFIX) $(LIBDIR))|g' \
    -e 's|@REQUIRES@|$(if $(IMAGE_LINK),libpng libjpeg) $(if $(filter WebP,$(FORMATS)),libwebpdemux libwebp) $(if $(filter TIFF,$(FORMATS)),libtiff-4)|g' \
    -e 's|@LIBS@|$(if $(OMP_LINK),-L$(OMP_LIB) -lomp )$(addsuffix $(SPACE),$(filter -lgif,$(IMAGE_LINK)))-lm -lpthread|g' \
    -e 's|@OMP_LIBRARY@|$(if $(OMP_LINK),$(OMP_LIB)/libomp.so)|g' \
    -e 's|@IMAGE_LIBRARIES@|$(patsubst -l%,%,$(IMAGE_LINK))|g' -e 's/ *$$//'

# The tools with Swift's library inside. What else they need is looked for in ../lib first, and by what is found there.
STATIC       := .build-static
STATIC_FLAGS  = $(filter-out -enable-testing,$(filter-out -Xswiftc,$(SWIFT_FLAGS))) --static-swift-stdlib \
                --scratch-path $(STATIC) -Xlinker -rpath -Xlinker '$$ORIGIN/../lib' -Xlinker --disable-new-dtags

# Manual pages are written by swift-argument-parser's own program, from the tools' help.
MANUAL := .build-manual

tools: deps
	$(SWIFT) build $(STATIC_FLAGS) --product iouc
	$(SWIFT) build $(STATIC_FLAGS) --product iourun
	$(SWIFT) build -c release --disable-sandbox --package-path $(STATIC)/checkouts/swift-argument-parser \
	    --scratch-path $(MANUAL) --product generate-manual

install: lib $(if $(filter 1,$(TOOLS)),tools)
ifeq ($(TOOLS),1)
	@packaging/install_tools.sh $(STATIC)/release $(MANUAL)/release/generate-manual $(DESTDIR)$(PREFIX)
endif
	install -d $(DESTDIR)$(PREFIX)/include/iou $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBDIR)/cmake/iou
	install -m 644 $(HEADERS) $(DESTDIR)$(PREFIX)/include/iou
	install -m 755 $(LIB)/libiou.so $(DESTDIR)$(LIBDIR)/libiou.so.$(VERSION)
	strip --strip-unneeded $(DESTDIR)$(LIBDIR)/libiou.so.$(VERSION)
	ln -sf libiou.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libiou.so.$(ABI)
	ln -sf libiou.so.$(ABI) $(DESTDIR)$(LIBDIR)/libiou.so
	install -m 644 $(LIB)/libiou.a $(DESTDIR)$(LIBDIR)/libiou.a
	strip --strip-debug $(DESTDIR)$(LIBDIR)/libiou.a
	@$(TEMPLATE) packaging/iou.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/iou.pc
	@$(TEMPLATE) packaging/iouConfig.cmake.in >$(DESTDIR)$(LIBDIR)/cmake/iou/iouConfig.cmake
	@$(TEMPLATE) packaging/iouConfigVersion.cmake.in \
	    >$(DESTDIR)$(LIBDIR)/cmake/iou/iouConfigVersion.cmake

# All of it and the libraries that it needs in .build-dist, to be unpacked anywhere.
dist: deps
	@packaging/dist.sh $(VERSION)

# libiou0, libiou-dev and iou-tools for Debian, in .build-deb.
deb: deps
	@packaging/deb.sh $(VERSION)

# What must hold before a version is tagged: some 25 minutes.
release-check: deps
	@tools/release_check.sh

# The same sources with test hooks into internals, for the Python checks.
test-hooks: $(LIB)/libioucheck.so

$(LIB)/libioucheck.so: $(OBJECTS) $(TEST_HOOKS) $(wildcard Tests/CIoUTestSupport/include/*.h)
	@echo "LD $@"
	@$(CC) $(filter-out -fvisibility=hidden,$(CFLAGS)) -ITests/CIoUTestSupport/include -shared -o $@ \
	    $(TEST_HOOKS) $(OBJECTS) -Wl,--exclude-libs,ALL -l:libprotobuf-c.a $(BLAS_LINK) $(OMP_LINK) $(IMAGE_LINK) -lm -lpthread

# The C side of tools/bench_peers.py.
bench-worker: $(LIB)/bench_libiou

$(LIB)/bench_libiou: tools/bench/bench_libiou.c $(LIB)/libiou.so
	@echo "CC $<"
	@$(CC) -std=c11 -O2 -ISources/CIoU/include $(WARNINGS) -o $@ $< -L$(LIB) -liou -Wl,-rpath,'$$ORIGIN'

CHECKS := $(CHECK_ENV) SAN=$(SAN) LIBIOU=$(CURDIR)/$(LIB)/libiou.so \
          IOU_TEST_HOOKS=$(CURDIR)/$(LIB)/libioucheck.so tools/check/run.sh

test: deps
	$(SWIFT) test $(SWIFT_FLAGS)

ifneq ($(SAN),)
check: deps
	$(MAKE) -j2 lib test-hooks
	$(CHECKS) $(FULL)
else
check: deps
	$(MAKE) lint
	$(MAKE) -j2 lib test-hooks
	$(SWIFT) build $(SWIFT_FLAGS) --build-tests
	$(SWIFT) test $(SWIFT_FLAGS) --skip-build
	$(CHECKS) $(FULL)
	$(MAKE) check-python
endif

# The package of tools/python, which is compared with the tools.
check-python: build
	tools/python/check.sh $(FULL)

check-full: FULL := --full
check-full: check
ifeq ($(SAN)$(IOU_ISA)$(EMULATE_AVX512),)
	$(MAKE) check-plain BLAS=1 LIB=.build-lib-blas
	$(MAKE) check-serve
endif

# The levels without kernels of ours, one at a time: in a process whose best level is another, some defects hide.
PLAIN_TESTS := $(addprefix test_,$(addsuffix .py,attention batched_conv blas conv epilogues networks old_processors operators \
               parts producer_fusion types))
check-plain: deps
	$(MAKE) -j2 lib test-hooks bench-worker
	IOU_ISA=scalar $(CHECKS) $(PLAIN_TESTS)
	IOU_ISA=blas $(CHECKS) $(PLAIN_TESTS)

format:
	tools/format.sh --fix

lint:
	tools/format.sh
	tools/check_layers.sh

clean:
	rm -rf .build .build-lib .build-lib-* .build-python .build-wheel .build-static .build-manual .build-dist .build-deb .build-api .build-docs-python tools/serve/.build out
