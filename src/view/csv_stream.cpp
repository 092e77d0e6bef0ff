// Numbers as CSV while they are computed: a line for each that is not 0, led by its places.
#include "attnx/view/stream.h"
#include "axis.h"
#include "csv_text.h"
#include "people.h"
#include "pieces.h"

namespace attnx::view {
namespace {

class CsvStream final : public NumberStream {
public:
    CsvStream(const StreamPlan& plan, Sink& out) : out_(out), axes_(plan.axes.size()) {
        std::string head;
        for (std::size_t i = 0; i < axes_.size(); ++i) {
            const Axis& axis = plan.axes[i];
            head += csv_field(axis.id) + ",";
            if (!has_words(axis)) continue;
            head += csv_field(axis.id + "_token") + ",";
            for (const Cell& label : axis.labels) axes_[i].push_back(csv_cell(label));
        }
        out_.write(head + csv_field(plan.value) + "\n");
    }

    void write(std::span<const std::uint64_t> place, std::span<const std::uint64_t> names, RowValues values) override {
        std::string led, text;
        for (std::size_t i = 0; i < place.size(); ++i) append_place(led, i, place[i], names[i]);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (values[i] == 0) continue;
            text += led;
            append_place(text, place.size(), i, i);
            append_csv(text, values[i]);
            text += '\n';
        }
        out_.write(text);
    }

private:
    Sink& out_;
    std::vector<std::vector<std::string>> axes_;  // of each, what stands beside its places; none: nothing

    void append_place(std::string& to, std::size_t axis, std::uint64_t place, std::uint64_t name) const {
        to += std::to_string(name) + ",";
        if (!axes_[axis].empty()) to += axes_[axis][place] + ",";
    }
};

}  // namespace

std::unique_ptr<NumberStream> stream_csv(const StreamPlan& plan, SeekableSink& out) {
    return std::make_unique<CsvStream>(plan, out);
}

}  // namespace attnx::view
