/*
 * libiou for C++17: owners of the handles of iou.h, and exceptions in place of statuses.
 *
 *     iou::model model("blood-cells.onnx");
 *     iou::detector detector(model);
 *     iou::pixels photo("photo.jpg");
 *     for (const iou::detection &found : detector.run(photo.picture()))
 *         std::printf("%s %.3f\n", detector.label(found.label), found.score);
 *
 * What iou.h says of ownership and threads holds here too. Every function that can fail throws
 * iou::error, and std::bad_alloc where the program's own memory ends. Owners can be moved; one that
 * was moved from may be assigned to or destroyed, and throws iou::error otherwise.
 */
#ifndef IOU_IOU_HPP
#define IOU_IOU_HPP

#include <iou/iou.h>
#if defined(__has_include)
#if __has_include(<iou/image.h>)
#include <iou/image.h>
#define IOU_HAS_IMAGE 1
#endif
#endif

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace iou {

using detection = iou_detection;
using picture = iou_picture;
using tensor = iou_tensor;
using value_info = iou_value_info;
using profile_entry = iou_profile_entry;
using detector_info = iou_detector_info;

/** What went wrong: `what()` is one line, `status()` tells the kind. */
class error : public std::runtime_error {
  public:
    error(iou_status status, const char *text) : std::runtime_error(text), status_(status) {
    }
    iou_status status() const noexcept {
        return status_;
    }

  private:
    iou_status status_;
};

/** Options with struct_size set and everything else at its default. */
inline iou_model_options model_options() {
    iou_model_options options{};
    options.struct_size = sizeof options;
    return options;
}
inline iou_session_options session_options(int threads = 0) {
    iou_session_options options{};
    options.struct_size = sizeof options;
    options.threads = threads;
    return options;
}
inline iou_run_options run_options() {
    iou_run_options options{};
    options.struct_size = sizeof options;
    return options;
}
inline iou_detect_options detect_options() {
    return iou_detect_options_default();
}

namespace detail {

/** Calls `function(arguments..., &error)` and throws what it reports. */
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
    iou_error problem{};
    if (const iou_status status = function(arguments..., &problem); status != IOU_OK)
        throw error(status, problem.text);
}

template <typename Handle, void (*close)(Handle **)> struct closer {
    void operator()(Handle *handle) const noexcept {
        close(&handle);
    }
};

} // namespace detail

/** A loaded model. Const functions may be called from any thread. */
class model {
  public:
    explicit model(const std::string &path, const iou_model_options &options = model_options()) {
        iou_model *opened = nullptr;
        detail::call(iou_model_open, &opened, path.c_str(), &options);
        handle_.reset(opened);
    }

    /** From memory, which is borrowed: see iou_model_open_memory. */
    model(const void *data, std::size_t size, const iou_model_options &options = model_options()) {
        iou_model *opened = nullptr;
        detail::call(iou_model_open_memory, &opened, data, size, &options);
        handle_.reset(opened);
    }

    std::vector<value_info> inputs() const {
        return describe(0, iou_model_input_count(get()), iou_model_input);
    }
    /** The inputs that a run may be fed besides: they have defaults. */
    std::vector<value_info> defaults() const {
        return describe(iou_model_input_count(get()), iou_model_default_count(get()),
                        iou_model_input);
    }
    std::vector<value_info> outputs() const {
        return describe(0, iou_model_output_count(get()), iou_model_output);
    }

    /** The value of a metadata key, or nullptr. */
    const char *metadata(const char *key) const noexcept {
        return iou_model_metadata(get(), key);
    }

    /** What the detector metadata says; its strings and arrays live as long as the model. */
    iou::detector_info describe_detector() const {
        iou::detector_info info{};
        info.struct_size = sizeof info;
        detail::call(iou_model_detector_info, get(), &info);
        return info;
    }

    const iou_model *get() const noexcept {
        return handle_.get();
    }

  private:
    template <typename Describe>
    std::vector<value_info> describe(std::size_t first, std::size_t count,
                                     Describe function) const {
        std::vector<value_info> infos(count);
        for (std::size_t i = 0; i < count; i++)
            detail::call(function, get(), first + i, &infos[i]);
        return infos;
    }

    std::unique_ptr<iou_model, detail::closer<iou_model, iou_model_close>> handle_;
};

/** Runs any model with tensors. Serves one thread at a time. */
class session {
  public:
    explicit session(const model &of, const iou_session_options &options = session_options()) {
        iou_session *opened = nullptr;
        detail::call(iou_session_open, &opened, of.get(), &options);
        handle_.reset(opened);
        output_count_ = iou_model_output_count(of.get());
    }

    /** All outputs by position, in memory of the session that is valid until its next run. */
    std::vector<tensor> run(const std::vector<tensor> &inputs,
                            const iou_run_options &options = run_options()) {
        std::vector<tensor> outputs(output_count_);
        run(inputs, outputs, options);
        return outputs;
    }

    /** The outputs that are requested; those with `data` are written there. */
    void run(const std::vector<tensor> &inputs, std::vector<tensor> &outputs,
             const iou_run_options &options = run_options()) {
        detail::call(iou_session_run, get(), inputs.data(), inputs.size(), outputs.data(),
                     outputs.size(), &options);
    }

    /** Plans for the inputs' types and shapes without running. */
    void prepare(const std::vector<tensor> &inputs) {
        detail::call(iou_session_prepare, get(), inputs.data(), inputs.size());
    }

    /** What is known of an output for the last shapes. */
    value_info output(std::size_t index) const {
        value_info info{};
        detail::call(iou_session_output, get(), index, &info);
        return info;
    }

    std::vector<profile_entry> profile() const {
        return profile_of(get());
    }
    int threads() const noexcept {
        return iou_session_threads(get());
    }
    iou_session *get() const noexcept {
        return handle_.get();
    }

    static std::vector<profile_entry> profile_of(const iou_session *session) {
        const iou_profile_entry *entries = nullptr;
        std::size_t count = 0;
        detail::call(iou_session_profile, session, &entries, &count);
        return std::vector<profile_entry>(entries, entries + count);
    }

  private:
    std::unique_ptr<iou_session, detail::closer<iou_session, iou_session_close>> handle_;
    std::size_t output_count_ = 0;
};

/** A tensor over the program's memory: `data` holds `size` bytes. */
inline tensor make_tensor(const char *name, iou_type type, const std::vector<std::int64_t> &dims,
                          void *data, std::size_t size) {
    tensor made{};
    if (dims.size() > IOU_MAX_RANK)
        throw error(IOU_INVALID_ARGUMENT, "a tensor has at most 8 dimensions");
    made.name = name;
    made.type = type;
    made.rank = static_cast<std::int32_t>(dims.size());
    for (std::size_t i = 0; i < dims.size(); i++)
        made.dims[i] = dims[i];
    made.data = data;
    made.size = size;
    return made;
}

/** Finds objects in pictures. Serves one thread at a time. */
class detector {
  public:
    explicit detector(const model &of, const iou_session_options &options = session_options()) {
        iou_detector *opened = nullptr;
        detail::call(iou_detector_open, &opened, of.get(), &options);
        handle_.reset(opened);
    }

    /** The objects in one picture, the best first. */
    std::vector<detection> run(const picture &of,
                               const iou_detect_options &options = detect_options()) {
        return std::move(run(std::vector<picture>{of}, options).front());
    }

    /** The objects in each of the pictures. */
    std::vector<std::vector<detection>> run(const std::vector<picture> &pictures,
                                            const iou_detect_options &options = detect_options()) {
        const auto detect = [&](detection *found, std::size_t most, std::size_t *counts) {
            detail::call(iou_detector_run, get(), pictures.data(), pictures.size(), &options, found,
                         most, counts);
        };
        return collect(pictures.size(), options, detect);
    }

    /** The objects in each of the last run's `count` pictures under other options, without the
     * network: see iou_detector_rescore. */
    std::vector<std::vector<detection>> rescore(std::size_t count,
                                                const iou_detect_options &options) {
        return collect(
            count, options, [&](detection *found, std::size_t most, std::size_t *counts) {
                detail::call(iou_detector_rescore, get(), count, &options, found, most, counts);
            });
    }

    std::size_t class_count() const noexcept {
        return iou_detector_class_count(get());
    }

    /** The label of a class; nullptr where there is none of this index. */
    const char *label(std::int32_t index) const noexcept {
        return index < 0 ? nullptr : iou_detector_label(get(), static_cast<std::size_t>(index));
    }

    std::vector<profile_entry> profile() const {
        return session::profile_of(iou_detector_session(get()));
    }
    iou_detector *get() const noexcept {
        return handle_.get();
    }

  private:
    template <typename Detect>
    std::vector<std::vector<detection>> collect(std::size_t pictures,
                                                const iou_detect_options &options, Detect detect) {
        const std::size_t most = iou_detector_max_detections(get(), &options);
        std::vector<detection> found(most * pictures);
        std::vector<std::size_t> counts(pictures);
        detect(found.data(), most, counts.data());
        std::vector<std::vector<detection>> results;
        results.reserve(pictures);
        for (std::size_t i = 0; i < pictures; i++) {
            const detection *first = found.data() + i * most;
            results.emplace_back(first, first + counts[i]);
        }
        return results;
    }

    std::unique_ptr<iou_detector, detail::closer<iou_detector, iou_detector_close>> handle_;
};

#if defined(IOU_HAS_IMAGE)

/** The pixels of a PNG or JPEG file. */
class pixels {
  public:
    explicit pixels(const std::string &path) {
        detail::call(iou_image_read, &pixels_, path.c_str(),
                     static_cast<const iou_image_limits *>(nullptr));
    }
    pixels(const void *data, std::size_t size) {
        detail::call(iou_image_decode, &pixels_, data, size,
                     static_cast<const iou_image_limits *>(nullptr));
    }
    pixels(pixels &&other) noexcept : pixels_(std::exchange(other.pixels_, iou_pixels{})) {
    }
    pixels &operator=(pixels &&other) noexcept {
        std::swap(pixels_, other.pixels_);
        return *this;
    }
    pixels(const pixels &) = delete;
    pixels &operator=(const pixels &) = delete;
    ~pixels() {
        iou_image_free(&pixels_);
    }

    int width() const noexcept {
        return pixels_.width;
    }
    int height() const noexcept {
        return pixels_.height;
    }

    /** Valid as long as the pixels. */
    iou::picture picture() const noexcept {
        return {pixels_.data, pixels_.width, pixels_.height, pixels_.stride, IOU_PIXELS_RGB};
    }

  private:
    iou_pixels pixels_{};
};

#endif

} // namespace iou

#endif
