/*
 * libiou: runs ONNX models on the CPU, and detectors from pixels to boxes.
 *
 * The ten-line use:
 *
 *     iou_error err;
 *     iou_model *model;
 *     iou_detector *detector;
 *     if (iou_model_open(&model, "blood-cells.onnx", NULL, &err)) fail(err.text);
 *     if (iou_detector_open(&detector, model, NULL, &err)) fail(err.text);
 *     iou_detection found[100];
 *     size_t count;
 *     iou_picture picture = {.data = rgb, .width = 640, .height = 480, .stride = 640 * 3};
 *     if (iou_detector_run(detector, &picture, 1, NULL, found, 100, &count, &err)) fail(err.text);
 *     iou_detector_close(&detector);
 *     iou_model_close(&model);
 *
 * Two levels. A detector takes pictures and returns boxes; its model carries the conventions. A
 * session takes and returns tensors, for any ONNX model whose operators the library has. PNG and
 * JPEG files become pictures through iou/image.h.
 *
 * Ownership. Handles are made by `open` and released by `close`, which accepts NULL and sets the
 * handle to NULL. Handles may be closed in any order: a session keeps what it needs of its model.
 * Strings and arrays reached from a handle live as long as the handle, unless their function says
 * less. Every other pointer stays the caller's and is not kept after the call returns, but for the
 * bytes of iou_model_open_memory and the `context`s of allocator, team and log.
 *
 * Threads. A model never changes after it is opened and may be shared by any number of sessions in
 * any number of threads; every function that takes a const model may be called from any thread. A
 * session or a detector serves one thread at a time, not always the same; a second one is refused
 * while it runs. Runs of different sessions share nothing and wait for nobody. A process may fork
 * when no run is in progress; parent and child then both go on with what was open.
 *
 * Errors. A function that can fail returns a status and fills the caller's `iou_error`, which may
 * be NULL. The text is one line: where, what was expected, what was found. Null pointers, closed
 * handles and handles of another kind are IOU_INVALID_ARGUMENT, never a crash: the open ones are
 * listed, and what is not in that list is not read. A copy of a closed handle is taken for a later
 * one of the same kind that has come to the same address. Close leaves a session or a detector open
 * that another thread is using; a model is closed after other threads' calls with it have returned.
 * A library that is built with IOU_DEBUG (`make lib DEBUG=1`) prints misuse of handles to stderr
 * and aborts.
 *
 * Options. A NULL for options means the defaults, and so does a zero in a field. `struct_size` is
 * sizeof the struct: programs that were built with an older header get the defaults for fields that
 * came later; a field that this library does not know yet must be zero.
 *
 * Nothing global: no settings or caches outlive the last handle, and the library may be unloaded
 * then. Nor do threads of its own; but a library that is built with OpenMP (the default of `make
 * lib`) runs on those of OpenMP's runtime, which keeps them, asleep, until the process ends. One
 * that is built with OPENMP=0 leaves none, nor do handles that were opened with an `iou_team`. The
 * one environment variable that is looked at is IOU_ISA; OpenMP's runtime looks at its own. So does
 * OpenBLAS in a library that is built with BLAS=1, and keeps its buffers until the process ends.
 */
#ifndef IOU_IOU_H
#define IOU_IOU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define IOU_API __attribute__((visibility("default")))
#else
#define IOU_API
#endif

/* ---- Errors -------------------------------------------------------------------------------- */

/** What went wrong. Values never change: 1–9 the caller, 10–19 the model or data, 20–29 the system.
 */
typedef enum iou_status {
    IOU_OK = 0,
    IOU_INVALID_ARGUMENT = 1, /**< a null handle, a wrong name, type, shape or size */
    IOU_CANCELLED = 2,        /**< the cancel flag was set during a run */
    IOU_DEADLINE = 3,         /**< the deadline passed during a run */
    IOU_BUFFER_TOO_SMALL = 4, /**< a caller's buffer cannot hold the result */
    IOU_BAD_MODEL = 10,       /**< the file is no valid ONNX model */
    IOU_UNSUPPORTED = 11,     /**< a valid model needs something that this library lacks */
    IOU_LIMIT = 12,           /**< a limit of the options would be passed */
    IOU_BAD_METADATA = 13,    /**< detector metadata is missing or contradictory */
    IOU_BAD_IMAGE = 14,       /**< a picture cannot be decoded */
    IOU_BAD_DATA = 15,        /**< a value found while running is out of range */
    IOU_OUT_OF_MEMORY = 20,
    IOU_IO_ERROR = 21
} iou_status;

/** Where a failing call describes what happened; owned by the caller. */
typedef struct iou_error {
    iou_status status;
    char text[1024];
} iou_error;

/** The name of a status, such as "bad model". Never NULL; lives for ever. */
IOU_API const char *iou_status_name(iou_status status);

/** The version of this header, "major.minor.patch". */
#define IOU_VERSION "0.2.0"

/** The version of the library that is running. Lives for ever. */
IOU_API const char *iou_version(void);

/**
 * What the library that is running was built with. `part` "threads": "OpenMP" or "thread pool", on
 * which sessions run that are opened without an iou_team; "blas": "OpenBLAS" or "none". NULL for a
 * part that it does not know. Lives for ever.
 */
IOU_API const char *iou_build_part(const char *part);

/* ---- What the program brings along ---------------------------------------------------------- */

/**
 * Memory for what a handle holds and needs while it works, but for the structure of a model's file,
 * which is decoded with malloc. Both functions are called from the threads that call the library,
 * never from those of a team; `release` also from a thread that closes another handle. Copied by
 * `open`; `context` must outlive the handle. Without one, malloc and free serve.
 */
typedef struct iou_allocator {
    void *context;
    /** At least `size` > 0 bytes, at a multiple of `alignment` (a power of two); NULL: none left.
     */
    void *(*allocate)(void *context, size_t size, size_t alignment);
    /** Takes back what `allocate` gave; never NULL. */
    void (*release)(void *context, void *memory);
} iou_allocator;

/** What the threads of a team do together. */
typedef void (*iou_team_body)(void *argument, int thread, int threads);

/**
 * A team of threads in place of the library's own. `run` calls body(argument, thread, n) once for
 * each thread from 0 to n - 1, at the same time: they wait for each other. n is `threads`, or less
 * if there are not as many, and the same for all. It returns when all have returned. Copied by
 * `open`; `context` must outlive the handle.
 */
typedef struct iou_team {
    void *context;
    void (*run)(void *context, int threads, iou_team_body body, void *argument);
} iou_team;

typedef enum iou_log_level {
    IOU_LOG_WARNING = 1, /**< it works, but not as well as it might */
    IOU_LOG_INFO = 2,    /**< opened: once for each handle */
    IOU_LOG_DEBUG = 3    /**< planned for new shapes */
} iou_log_level;

/**
 * Where a handle tells what it does; without one it is silent. `write` gets one line without a line
 * feed, which is lost when it returns; it is called from the threads that call the library. Copied
 * by `open`; `context` must outlive the handle.
 */
typedef struct iou_log {
    void *context;
    void (*write)(void *context, iou_log_level level, const char *text);
} iou_log;

/* ---- Tensors ------------------------------------------------------------------------------- */

#define IOU_MAX_RANK 8

/** Element types, numbered as ONNX's TensorProto.DataType. */
typedef enum iou_type {
    IOU_TYPE_UNDEFINED = 0,
    IOU_FLOAT = 1,
    IOU_UINT8 = 2,
    IOU_INT8 = 3,
    IOU_UINT16 = 4,
    IOU_INT16 = 5,
    IOU_INT32 = 6,
    IOU_INT64 = 7,
    IOU_BOOL = 9,
    IOU_FLOAT16 = 10,
    IOU_DOUBLE = 11,
    IOU_UINT32 = 12,
    IOU_UINT64 = 13,
    IOU_BFLOAT16 = 16,
    IOU_FLOAT8E4M3FN = 17,
    IOU_FLOAT8E4M3FNUZ = 18,
    IOU_FLOAT8E5M2 = 19,
    IOU_FLOAT8E5M2FNUZ = 20,
    IOU_UINT4 = 21,
    IOU_INT4 = 22,
    IOU_FLOAT4E2M1 = 23,
    IOU_FLOAT8E8M0 = 24,
    IOU_UINT2 = 25,
    IOU_INT2 = 26
} iou_type;

/** Bytes of one element; 0 for a type that the library does not hold. Those of 4 and 2 bits, which
 * files pack, take a byte each, of which the low bits count. */
IOU_API size_t iou_type_size(iou_type type);

/** The type's name, such as "float32". Never NULL; lives for ever. */
IOU_API const char *iou_type_name(iou_type type);

/** A dense tensor in row-major order. An input's data is only read. */
typedef struct iou_tensor {
    const char *name; /**< the model's input or output; NULL: by position */
    iou_type type;
    int32_t rank;
    int64_t dims[IOU_MAX_RANK];
    void *data;  /**< output: NULL asks for memory of the session, valid until its next run */
    size_t size; /**< bytes at `data`: of an input exactly, of an output at least */
} iou_tensor;

/** What a model says of an input or output. */
typedef struct iou_value_info {
    const char *name;
    iou_type type;
    int32_t rank;                      /**< -1: unknown */
    int64_t dims[IOU_MAX_RANK];        /**< -1: symbolic or unknown */
    const char *symbols[IOU_MAX_RANK]; /**< the symbol's name, or NULL */
} iou_value_info;

/* ---- Models -------------------------------------------------------------------------------- */

typedef struct iou_model iou_model;

/** Limits for files that are not trusted, and more. Zero means the default. */
typedef struct iou_model_options {
    size_t struct_size;           /**< sizeof(iou_model_options) */
    size_t max_model_bytes;       /**< of the file and its external data; default 8 GiB */
    size_t max_decoded_bytes;     /**< of the decoded structure without weights; default 512 MiB */
    size_t max_nodes;             /**< default 1,000,000 */
    bool allow_missing_operators; /**< open for inspection; such a model cannot run */
    /** Open for inspection, whatever the nodes have wrong: their outputs are unknown, and the model
     * cannot run. iou/ops.h tells what was wrong. */
    bool keep_going;
    /** Where tensors are that the model keeps in other files; NULL: where its own file is,
     * and a model in memory may have none. Nothing outside the folder is opened, unless links lead
     * to the model's own file: then those of the folder may lead to where it really is, as
     * caches of models have it. docs/library.md says the rule. */
    const char *external_data_folder;
    const iou_allocator *allocator; /**< NULL: malloc and free */
    const iou_log *log;             /**< NULL: silence */
    /** Of iou_model_open_memory: called once with its bytes when nobody needs them any more, from
     * the thread that closes the last handle. Not called when opening fails. NULL: nobody is
     * informed.
     */
    void (*release)(void *context, const void *data, size_t size);
    void *release_context;
    /** Refuse a symbolic link as the model's file, and all those that its external data is reached
     * through below the folder. */
    bool refuse_links;
} iou_model_options;

/** Maps the file at `path` and checks it; reads its external data. Lists every operator that the
 * library lacks. Inputs and outputs are tensors of numbers; a sequence, optional or string among
 * them is refused by name. The file must not change while the model is open. */
IOU_API iou_status iou_model_open(iou_model **out, const char *path,
                                  const iou_model_options *options, iou_error *error);

/** The same from memory, which is borrowed until the model and all its sessions are closed: see
 * `release` of the options. Any alignment will do. */
IOU_API iou_status iou_model_open_memory(iou_model **out, const void *data, size_t size,
                                         const iou_model_options *options, iou_error *error);

/** Closes the handle; the model's memory goes with the last of its sessions. */
IOU_API void iou_model_close(iou_model **model);

/** The inputs that a run needs; 0 for NULL. */
IOU_API size_t iou_model_input_count(const iou_model *model);
/** The inputs that a run may be fed besides: each has a default in the file, an initializer that is
 * listed as an input too (IR version 4 and later). They follow the others. 0 for NULL. */
IOU_API size_t iou_model_default_count(const iou_model *model);
IOU_API size_t iou_model_output_count(const iou_model *model);

/** What the model says of input `index`; its strings live as long as the model. Fails past the last
 * one. */
IOU_API iou_status iou_model_input(const iou_model *model, size_t index, iou_value_info *info,
                                   iou_error *error);
/** The same of output `index`. */
IOU_API iou_status iou_model_output(const iou_model *model, size_t index, iou_value_info *info,
                                    iou_error *error);

/** The value of a metadata key, NUL-terminated, or NULL. Of a key that occurs twice in the file,
 * the last. Lives as long as the model. */
IOU_API const char *iou_model_metadata(const iou_model *model, const char *key);

/** The metadata keys in the file's order, each once; NULL past the last. Live as long as the model.
 */
IOU_API const char *iou_model_metadata_key(const iou_model *model, size_t index);

/* ---- Sessions ------------------------------------------------------------------------------ */

typedef struct iou_session iou_session;

typedef struct iou_session_options {
    size_t struct_size; /**< sizeof(iou_session_options) */
    int threads;        /**< 0: the processors that this process may use */
    bool no_optimize;   /**< the reference way: node by node, no fusion, no layout change */
    bool profile;       /**< record the time of every operator */
    /** "scalar", "blas", "avx2", "avxvnni", "avx512" or "avx512vnni"; NULL: $IOU_ISA, or the best
     * there is. */
    const char *isa;
    size_t max_memory_bytes;        /**< for values and outputs of one plan; default 16 GiB */
    const iou_allocator *allocator; /**< NULL: the model's */
    const iou_team *team;           /**< NULL: threads of the session's own */
    const iou_log *log;             /**< NULL: the model's */
} iou_session_options;

/** Opens a session over a model that can run. The threads of its team begin with the first run, and
 * sleep between runs. Packed weights stay with the model, once for all its sessions: the first run
 * of a shape may wait for another session that packs. */
IOU_API iou_status iou_session_open(iou_session **out, const iou_model *model,
                                    const iou_session_options *options, iou_error *error);

/** Ends the team's threads and releases everything, session-owned outputs included. */
IOU_API void iou_session_close(iou_session **session);

/** Options of one run; both pointers may be NULL. */
typedef struct iou_run_options {
    size_t struct_size;  /**< sizeof(iou_run_options) */
    int64_t deadline_ns; /**< on CLOCK_MONOTONIC; 0: none. Looked at between operators. */
    /** Another thread's non-zero stops the run between operators; read atomically. NULL: none. */
    const volatile int *cancel;
} iou_run_options;

/**
 * Runs the model. Inputs are named or by position, in any order: all that a run needs, and by name
 * any that have a default, which serves where they are left out. Outputs likewise, any subset; a
 * name that the model lists twice may be requested twice. Each output's type, rank, dims and size
 * are filled in; an output with `data` receives the values there (IOU_BUFFER_TOO_SMALL leaves the
 * needed `size`). Shapes that depend on data are those that came out. A run allocates nothing when
 * its shapes are those of one of the last eight plans, but for the sequences and strings that its
 * graph makes. What a failed run leaves in outputs is not defined; the session can run again.
 */
IOU_API iou_status iou_session_run(iou_session *session, const iou_tensor *inputs,
                                   size_t input_count, iou_tensor *outputs, size_t output_count,
                                   const iou_run_options *options, iou_error *error);

/**
 * Plans for the types and shapes of `inputs` without running; their `data` and `size` are not
 * looked at. What depends on data is planned during the run. Afterwards iou_session_output,
 * iou_session_profile and iou_session_memory are of that plan, with times of 0, and the first
 * run of these shapes need not plan.
 */
IOU_API iou_status iou_session_prepare(iou_session *session, const iou_tensor *inputs,
                                       size_t input_count, iou_error *error);

/** What is known of output `index` for the shapes of the last run or of the last plan prepared:
 * enough to make room for it, but for dims of -1, which depend on data. */
IOU_API iou_status iou_session_output(const iou_session *session, size_t index,
                                      iou_value_info *info, iou_error *error);

/** Threads of the last run, which are less than those requested where the team or the system gives
 * no more; before the first run, those requested. 0 for NULL. */
IOU_API int iou_session_threads(const iou_session *session);

/** One executed step: an operator, or several fused into one. Its strings live as long as the
 * entry.
 */
typedef struct iou_profile_entry {
    const char *name; /**< the node's name */
    const char *type; /**< operators fused into the step, such as "Conv+BatchNormalization+Relu" */
    const char *algorithm;
    const char *isa;
    double milliseconds; /**< of the last run */
    double gflop;        /**< multiplications and additions, in billions; 0 where not counted */
    double bytes;        /**< of its inputs, weights and outputs, as the model has them */
} iou_profile_entry;

/** The steps of the last run, or of the last plan prepared; with options.profile, their times. The
 * entries are the session's, and valid until its next call. */
IOU_API iou_status iou_session_profile(const iou_session *session,
                                       const iou_profile_entry **entries, size_t *count,
                                       iou_error *error);

/** Bytes planned for intermediate values, of the last run or prepared plan; of packed weights.
 * Either pointer may be NULL. */
IOU_API void iou_session_memory(const iou_session *session, size_t *arena, size_t *weights);

/**
 * Measures the ceiling of `gflop` over time: float32 multiplications and additions that `threads`
 * (0: the processors that this process may use) reach together in registers, in billions a second.
 * `isa` as in iou_session_options. Takes about 50 ms; on a busy machine it finds less.
 */
IOU_API iou_status iou_measure_peak(const char *isa, int threads, double *gflops, iou_error *error);

/**
 * Measures the ceiling of `bytes` over time for values that no cache holds: bytes that `threads`
 * (0: the processors that this process may use) read and write together in memory, two read for
 * one that is written, in billions a second. Takes about half a second, and up to 384 MiB.
 */
IOU_API iou_status iou_measure_bandwidth(int threads, double *gigabytes, iou_error *error);

/* ---- Detection ----------------------------------------------------------------------------- */

/** The order of a pixel's bytes. Alpha does not count; gray is the same red, green and blue. */
typedef enum iou_pixel_format {
    IOU_PIXELS_RGB = 0,
    IOU_PIXELS_BGR = 1,
    IOU_PIXELS_RGBA = 2,
    IOU_PIXELS_BGRA = 3,
    IOU_PIXELS_GRAY = 4
} iou_pixel_format;

/** 8-bit pixels, interleaved; the first row first. */
typedef struct iou_picture {
    const uint8_t *data;
    int32_t width, height;
    size_t stride; /**< bytes from one row to the next, at least those of `width` pixels */
    iou_pixel_format format;
} iou_picture;

/** One detected object. */
typedef struct iou_detection {
    float box[4];      /**< x1, y1, x2, y2 in pixels of the picture, in the model's convention */
    float score;       /**< fused confidence S = p^alpha * iou^(1-alpha) */
    float probability; /**< p, of the class */
    float iou;         /**< the predicted IoU; NaN where the model has none */
    int32_t label;     /**< 0-based class index */
} iou_detection;

/** Overrides of the model's metadata; NaN or a negative number keeps the model's value. */
typedef struct iou_detect_options {
    size_t struct_size;     /**< sizeof(iou_detect_options) */
    float alpha;            /**< 0 … 1; 1 where the model predicts no IoU */
    float score_threshold;  /**< 0 … 1 */
    float nms_threshold;    /**< 0 … 1 */
    int32_t max_detections; /**< per picture */
    const iou_run_options *run;
} iou_detect_options;

/** Options that override nothing. */
IOU_API iou_detect_options iou_detect_options_default(void);

typedef struct iou_detector iou_detector;

/** Opens a detector over a model with `iou.*` metadata, or with the keys that ultralytics writes
 * (docs/metadata.md); it has a session of its own. */
IOU_API iou_status iou_detector_open(iou_detector **out, const iou_model *model,
                                     const iou_session_options *options, iou_error *error);

/** Releases the detector and its session. */
IOU_API void iou_detector_close(iou_detector **detector);

/**
 * Detects in `count` pictures of any sizes, as one batch if the model takes it. Picture i's
 * detections, by falling score, are at out[i * capacity]; counts[i] of them. `capacity` is at
 * least the maximum of detections requested (iou_detector_max_detections), else
 * IOU_BUFFER_TOO_SMALL. Allocates nothing when sizes and options were seen before, as in a session.
 */
IOU_API iou_status iou_detector_run(iou_detector *detector, const iou_picture *pictures,
                                    size_t count, const iou_detect_options *options,
                                    iou_detection *out, size_t capacity, size_t *counts,
                                    iou_error *error);

/**
 * Scores the maps of the last run again, without the network: the same bits as iou_detector_run of
 * the same `count` pictures under these options, whose `run` is not looked at. For thresholds and
 * alphas that are tried out. Allocates nothing when options were seen before.
 *
 * IOU_INVALID_ARGUMENT where the last run failed, or had another number of pictures or none;
 * IOU_UNSUPPORTED where the model's graph reports detections, or its batch is fixed and smaller
 * than the run was, so that the maps of the first pictures are gone.
 */
IOU_API iou_status iou_detector_rescore(iou_detector *detector, size_t count,
                                        const iou_detect_options *options, iou_detection *out,
                                        size_t capacity, size_t *counts, iou_error *error);

/** 0 for NULL. */
IOU_API size_t iou_detector_class_count(const iou_detector *detector);

/** The label of a class, or NULL when the index is out of range. Lives as long as the detector. */
IOU_API const char *iou_detector_label(const iou_detector *detector, size_t index);

/** The most detections one picture gives under `options` (NULL: the model's own); 0 for a NULL
 * detector. */
IOU_API size_t iou_detector_max_detections(const iou_detector *detector,
                                           const iou_detect_options *options);

/** The detector's session, for its profile and memory. Owned by the detector. */
IOU_API const iou_session *iou_detector_session(const iou_detector *detector);

/** How a picture's sides w x h change before it is padded, by `a` and `b` of `input_sides`; all but
 * stretching keep the ratio. */
typedef enum iou_input_resize {
    IOU_INPUT_SHORT_LONG = 0,      /**< times min(a / shorter side, b / longer side) */
    IOU_INPUT_SHORT_THEN_LONG = 1, /**< the shorter side becomes a, then the longer at most b */
    IOU_INPUT_FIT = 2,             /**< times min(a / h, b / w) */
    IOU_INPUT_NO_RESIZE = 3,
    IOU_INPUT_STRETCH = 4 /**< h becomes a, w becomes b */
} iou_input_resize;

/** What a detector's outputs are. */
typedef enum iou_outputs_kind {
    IOU_OUTPUTS_MAPS = 0,       /**< of every level, that are decoded by the metadata's anchors */
    IOU_OUTPUTS_DETECTIONS = 1, /**< final, in pixels of the picture */
    IOU_OUTPUTS_ROWS = 2        /**< boxes with scores, suppressed in the graph or not */
} iou_outputs_kind;

/** What a model's `iou.*` metadata says (docs/metadata.md), read and checked. Only read: the
 * library takes none. */
typedef struct iou_detector_info {
    size_t struct_size;       /**< sizeof(iou_detector_info), before the call */
    bool reports_detections;  /**< the graph decodes and suppresses; else its outputs are maps */
    bool predicts_iou;        /**< or what takes its place, such as centerness */
    bool predicts_objectness; /**< false where the graph reports detections */
    bool inclusive_boxes;     /**< x2, y2 is a box's last pixel: its width is x2 - x1 + 1 */
    size_t level_count;       /**< of maps; 0 where the outputs are others */
    size_t anchor_count;      /**< of a cell; 0 likewise */
    const float *strides;     /**< of each level; NULL: the padded input's sides by the maps' */
    size_t class_count;
    const char *const *labels; /**< of each class */
    const int64_t *label_ids;  /**< of each class, its category number in COCO's format */
    float alpha;               /**< exponent of the class probability; 1 without predicted IoU */
    float score_threshold;     /**< NaN: a constant of a graph that reports detections */
    float nms_threshold;       /**< NaN: likewise, or nothing is left to suppress */
    int32_t max_detections;    /**< per picture */
    const char *input_name;    /**< of the model's input */
    bool input_channels_last;  /**< N x H x W x 3; else N x 3 x H x W */
    bool input_bgr;            /**< the order of the channels; else red, green, blue */
    float input_range;         /**< what a pixel of 255 becomes before mean and std: 255 or 1 */
    float input_mean[3];       /**< subtracted from each channel, in the input's order */
    float input_std[3];        /**< each channel is divided by it then */
    iou_input_resize input_resize;
    int32_t input_sides[2];     /**< a and b; 0 without resize */
    bool input_antialias;       /**< a side that shrinks is smoothed */
    bool input_eight_bit;       /**< resized values are rounded as those of 8-bit pictures are */
    int32_t input_pad_multiple; /**< of each side; 0: pads to exactly a x b */
    float input_pad_value;      /**< around the resized picture */
    bool input_pad_is_pixel;    /**< the value is in units of the range and is normalised too */
    iou_outputs_kind outputs;   /**< IOU_OUTPUTS_DETECTIONS: reports_detections is true */
    bool input_pad_centred;     /**< half of the padding is before the picture, on each axis */
    const char *not_reported;   /**< what the outputs hold beside boxes, such as masks; or NULL */
} iou_detector_info;

/**
 * Fills in what the metadata says. Strings and arrays live as long as the model, which need not be
 * one that can run. Fields that came after this library's version are zero. IOU_BAD_METADATA, or
 * what else iou_detector_open reports of metadata that cannot be read; whether the model's inputs
 * and outputs agree with it is only looked at there.
 */
IOU_API iou_status iou_model_detector_info(const iou_model *model, iou_detector_info *info,
                                           iou_error *error);

#ifdef __cplusplus
}
#endif

#endif
