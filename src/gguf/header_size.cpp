#include "attnx/gguf/header_size.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "attnx/base/checked.h"
#include "attnx/gguf/tensor_info.h"
#include "attnx/gguf/value.h"
#include "limits.h"
#include "load.h"
#include "read.h"

namespace attnx::gguf {
namespace {

constexpr std::string_view kMagicWord = "GGUF";
constexpr std::uint64_t kUsualRow = 72;                  // of the tensor table: a name has some 25 bytes
constexpr std::uint64_t kRoom = std::uint64_t{1} << 16;  // for keys that were not seen yet
constexpr std::uint64_t kMoreInHundred = 8;              // later tokens are longer

// Sizes of records of which the first were seen. Later tokens are longer, by as much with each doubling of their
// number.
class Sizes {
public:
    explicit Sizes(std::uint64_t at) : marks_{{{0, at}, {0, at}, {0, at}}} {}
    void note(std::uint64_t index, std::uint64_t at) {
        if (std::has_single_bit(index)) marks_ = {{marks_[1], marks_[2], {index, at}}};
    }
    // Of records from `index`, which begins at `at`, to `count`; `usual` is the size of one where too few were seen.
    double of_rest(std::uint64_t index, std::uint64_t at, std::uint64_t count, double usual) const {
        const Mark here{index, at};
        const auto left = static_cast<double>(count - index);
        if (marks_[0].index == marks_[1].index) return left * usual;
        const double before = mean(marks_[0], marks_[1]), recent = mean(marks_[1], here);
        const double doublings = std::log2(middle(marks_[1], here) / middle(marks_[0], marks_[1]));
        const double to_come = std::log2(middle(here, {count, 0}) / middle(marks_[1], here));
        return left * (recent + std::max(0.0, recent - before) / doublings * to_come);
    }

private:
    struct Mark {
        std::uint64_t index, at;
    };
    static double mean(const Mark& from, const Mark& to) {
        return static_cast<double>(to.at - from.at) / static_cast<double>(to.index - from.index);
    }
    static double middle(const Mark& from, const Mark& to) { return static_cast<double>(from.index + to.index) / 2; }

    std::array<Mark, 3> marks_;  // the last three powers of two
};

// Jumps from length to length until the bytes end or make no sense.
class HeaderWalk {
public:
    HeaderWalk(std::span<const std::byte> bytes, std::uint64_t file_bytes) : bytes_(bytes), file_(file_bytes) {}

    HeaderSize run() {
        begin();
        for (std::uint64_t i = 0; i < keys_ && going(); ++i) {
            text(kMaxKeyBytes);
            value(number<std::uint32_t>(), 0);
        }
        if (going()) table();
        else if (cut_) at_ = add_up(at_, add_up(times(tensors_, kUsualRow), kRoom));
        return {std::min(at_, file_), !cut_};
    }

private:
    bool going() const { return !cut_ && !nonsense_; }

    // The reader of the file refuses at this place, too.
    void stop() { nonsense_ = true; }

    void begin() {
        constexpr std::size_t kVersionEnds = 8;
        if (bytes_.size() < kVersionEnds) return cut();
        const auto version = read_version(bytes_.data() + kMagicWord.size());
        if (std::memcmp(bytes_.data(), kMagicWord.data(), kMagicWord.size()) != 0 || !version) return stop();
        layout_ = version->layout;
        at_ = kVersionEnds;
        tensors_ = length();
        keys_ = length();
        if (tensors_ > kMaxRecords || keys_ > kMaxRecords) stop();
    }

    // A file that ends here has no more to show.
    void cut() { (bytes_.size() < file_ ? cut_ : nonsense_) = true; }

    void skip(std::uint64_t size) {
        if (!going()) return;
        if (size > file_ - at_) return stop();
        at_ += size;
    }

    bool is_here(std::uint64_t size) {
        if (going() && (at_ > bytes_.size() || size > bytes_.size() - at_)) cut();
        return going();
    }

    template <class T>
    T number() {
        if (!is_here(sizeof(T))) return 0;
        at_ += sizeof(T);
        return load<T>(bytes_.data() + at_ - sizeof(T), layout_.order);
    }
    std::uint64_t length() {
        if (!is_here(layout_.length_bytes)) return 0;
        at_ += layout_.length_bytes;
        return load_length(bytes_.data() + at_ - layout_.length_bytes, layout_);
    }
    void text(std::uint64_t most) {
        const std::uint64_t size = length();
        if (size > most) stop();
        skip(size);
    }

    void value(std::uint32_t id, std::size_t depth) {
        if (!going()) return;
        if (id >= kValueTypeCount) return stop();
        const auto type = static_cast<ValueType>(id);
        if (type == ValueType::string) return text(file_);
        if (type == ValueType::array) return array(depth + 1);
        skip(scalar_bytes(type));
    }

    void array(std::size_t depth) {
        if (depth > kMaxArrayDepth) return stop();
        const auto element = number<std::uint32_t>();
        const std::uint64_t count = length();
        if (!going()) return;
        if (element == static_cast<std::uint32_t>(ValueType::string)) return texts(count);
        if (element >= kValueTypeCount) return stop();
        if (element != static_cast<std::uint32_t>(ValueType::array))
            return skip(times(count, scalar_bytes(static_cast<ValueType>(element))));
        for (std::uint64_t i = 0; i < count && going(); ++i) array(depth + 1);
    }

    void texts(std::uint64_t count) {
        if (count > (file_ - at_) / layout_.length_bytes) return stop();
        Sizes sizes(at_);
        for (std::uint64_t i = 0; i < count && going(); ++i) {
            const std::uint64_t before = at_;
            sizes.note(i, before);
            text(file_);
            if (cut_) return suppose(before, sizes.of_rest(i, before, count, 2.0 * layout_.length_bytes));
        }
    }

    void suppose(std::uint64_t from, double more) {
        constexpr double kMost = 0x1p62;
        at_ = add_up(from, static_cast<std::uint64_t>(std::min(more * (100 + kMoreInHundred) / 100, kMost)));
    }

    void table() {
        Sizes sizes(at_);
        for (std::uint64_t i = 0; i < tensors_ && going(); ++i) {
            const std::uint64_t before = at_;
            sizes.note(i, before);
            text(kMaxTensorNameBytes);
            const auto dimensions = number<std::uint32_t>();
            if (dimensions > kMaxDimensions) stop();
            skip(times(dimensions, layout_.length_bytes));
            skip(sizeof(std::uint32_t) + sizeof(std::uint64_t));  // type, offset
            if (cut_) suppose(before, sizes.of_rest(i, before, tensors_, kUsualRow));
        }
    }

    std::span<const std::byte> bytes_;
    std::uint64_t file_, at_ = 0, tensors_ = 0, keys_ = 0;
    Layout layout_;
    bool cut_ = false, nonsense_ = false;
};

}  // namespace

HeaderSize header_size(std::span<const std::byte> beginning, std::uint64_t file_bytes) {
    return HeaderWalk(beginning, file_bytes).run();
}

}  // namespace attnx::gguf
