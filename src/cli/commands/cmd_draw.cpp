// attnx draw: pictures for a paper, a slide, an issue.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "../arguments/option_rows.h"
#include "../arguments/selection.h"
#include "../inputs/inputs.h"
#include "../inputs/open_model.h"
#include "../inputs/run_options.h"
#include "../inputs/token_source.h"
#include "attend_watch.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/model/visible.h"
#include "attnx/report/draw.h"
#include "attnx/report/report.h"
#include "command_rows.h"
#include "layer_choice.h"
#include "picture_files.h"
#include "scale_option.h"

namespace attnx::cli {
namespace {

using report::PictureKind;
using report::PictureMaps;
using report::PictureNeeds;

constexpr std::uint32_t kNarrowest = 100, kWidest = 8000;  // pixels

class Draw final : public Command {
public:
    Options declare() override {
        Options options = {model_argument(path_)};
        prompt_.declare(options);
        Option what = value({"--what"}, "KIND", "what is drawn", std::string(kind_->name), [this](std::string_view t) {
            kind_ = &*std::ranges::find(report::picture_kinds(), t, &PictureKind::name);
        });
        for (const PictureKind& kind : report::picture_kinds()) what.choices.emplace_back(kind.name);
        options.push_back(std::move(what));
        options.push_back(picture_output(outputs_));
        options.back().set = [this](std::string_view text) { outputs_.emplace_back(text); };
        options.back().required = true;
        declare_choice(options);
        declare_style(options);
        Option names = value({"--names"}, "SET",
                             "instead of one picture those of every layer, by the names of a set, into the folder -o",
                             "", [this](std::string_view) { by_layer_ = true; });
        names.choices = {"s1"};
        options.push_back(std::move(names));
        declare_run(options, run_);
        return options;
    }

    Outcome run(const Environment& environment) override {
        refuse_what_means_nothing();
        expect_pictures(by_layer_ ? std::vector<std::string>{std::string(layer_output().ending)} : outputs_);
        const gguf::File file = open_model(environment, path_);
        const model::ModelSpec spec = analysis::spec_with_refusals(file);
        const std::vector<std::string> inputs = inputs_of(file, prompt_);
        source_.model = report::model_ref(file, spec);
        source_.spec = &spec;
        std::optional<study::Prompt> prompt;
        if (by_layer_ || kind_->needs != PictureNeeds::roles || prompt_.given())
            prompt = prompt_.read(environment, file, spec);
        if (by_layer_) {
            compute(environment, file, spec, prompt);
            return write_layers(inputs);
        }
        io::OutputFiles outputs(outputs_, inputs);  // what cannot be written is known before anything is computed
        compute(environment, file, spec, prompt);
        return write_one(outputs);
    }

private:
    void declare_choice(Options& options) {
        options.push_back(
            value({"--layer"}, "N", "layer of map, grid, lines and network", "the last that attends",
                  [this](std::string_view t) { layer_ = static_cast<std::uint32_t>(count(t, 0, 0xFFFF)); }));
        options.push_back(value({"--head"}, "N", "head of map, lines and network", "mean", [this](std::string_view t) {
            if (t == "mean") source_.choice.head.reset();
            else source_.choice.head = static_cast<std::uint32_t>(count(t, 0, 0xFFFF));
        }));
        options.push_back(layers_option(layers_, "layers to look at"));
        options.push_back(heads_option(heads_, "heads to look at"));
        options.push_back(
            scale_option("what suits the numbers", [this](view::Scale scale) { source_.choice.scale = scale; }));
        options.push_back(flag({"--drop-first"}, "the first token's column, or the edges to it, left out",
                               [this] { source_.choice.drop_first = true; }));
        options.push_back(value({"--threshold"}, "T", "least weight of a line or an arc", "0.1",
                                [this](std::string_view t) { source_.choice.threshold = real(t); }));
        options.push_back(value({"-n", "--generate"}, "N", "tokens to generate greedily first; maps mark them", "0",
                                [this](std::string_view t) { generate_ = count(t, 0, 1u << 20); }));
    }

    void declare_style(Options& options) {
        const auto names = view::colour_map_names();
        Option map = value({"--cmap"}, "MAP", "colours of numbers that have no sign", std::string(names.front()),
                           [this, names](std::string_view t) {
                               style_.colours = static_cast<std::size_t>(std::ranges::find(names, t) - names.begin());
                           });
        map.choices.assign(names.begin(), names.end());
        options.push_back(std::move(map));
        Option theme = value({"--theme"}, "THEME", "paper", "light", [this](std::string_view t) {
            style_.theme = t == "dark" ? view::Theme::dark : view::Theme::light;
        });
        theme.choices = {"light", "dark"};
        options.push_back(std::move(theme));
        options.push_back(value({"--title"}, "TEXT", "what stands above it", "what is drawn",
                                [this](std::string_view t) { title_ = t; }));
        options.push_back(value(
            {"--size"}, "WIDTH", "width in pixels", "as the drawing needs",
            [this](std::string_view t) { style_.width = static_cast<std::uint32_t>(count(t, kNarrowest, kWidest)); }));
    }

    void refuse_what_means_nothing() const {
        const auto refuse_if = [](bool wrong, std::string why) {
            if (wrong) throw Error(ErrorCode::usage, std::move(why));
        };
        if (!by_layer_)
            for (const std::string& path : outputs_) output_for(path, takes_pictures);
        refuse_if(by_layer_ && outputs_.size() > 1, "--names writes into one folder: one -o");
        refuse_if(layer_ && (by_layer_ || kind_->maps != PictureMaps::one_layer),
                  fmt::format("--layer: {} is not of one layer; --layers chooses some", kind_->name));
        refuse_if(source_.choice.head && (by_layer_ || !kind_->of_head),
                  fmt::format("--head: {} is not of one head; --heads chooses some", kind_->name));
        refuse_if(generate_ > 0 && (by_layer_ || kind_->needs != PictureNeeds::attention),
                  "-n is for pictures of attention to a text");
    }

    void compute(const Environment& environment, const gguf::File& file, const model::ModelSpec& spec,
                 const std::optional<study::Prompt>& prompt) {
        AttendWatch watch(environment);
        if (!by_layer_ && kind_->needs == PictureNeeds::roles) {
            study::RolesQuestion question{.run = run_};
            if (!layers_.all() || !heads_.all()) question.heads = chosen_heads(layers_, heads_, spec, path_);
            source_.roles = std::make_shared<const study::Roles>(study::roles(file, spec, prompt, question, &watch));
        }
        if (by_layer_ || kind_->needs == PictureNeeds::states) {
            study::StatesQuestion question{.run = run_};
            if (!layers_.all()) {
                const std::vector<std::uint32_t> layers = layers_.resolve(spec.layer_count);
                question.layers = {layers.begin(), layers.end()};
            }
            source_.states =
                std::make_shared<const study::MeasuredStates>(study::states(file, spec, *prompt, question));
        }
        if (by_layer_ || kind_->needs == PictureNeeds::attention)
            source_.attended = std::make_shared<const study::Attended>(
                study::attend(file, spec, *prompt, attention_question(spec), &watch));
        watch.finish();
    }

    study::Question attention_question(const model::ModelSpec& spec) {
        study::Question question{.generate = generate_, .run = run_};
        question.maps_advice = " (--layers chooses some)";
        question.heads = chosen_heads(layers_, heads_, spec, path_);
        if (by_layer_ || kind_->maps == PictureMaps::all_layers)
            for (const auto& [layer, heads] : question.heads) question.maps.insert(layer);
        if (by_layer_ || kind_->maps != PictureMaps::one_layer) return question;
        source_.choice.layer = layer_ ? *layer_ : question.heads.rbegin()->first;
        const auto chosen = question.heads.find(source_.choice.layer);
        if (chosen == question.heads.end())
            throw Error(ErrorCode::usage, fmt::format("--layer {}: it is not among the attention layers looked at",
                                                      source_.choice.layer));
        if (source_.choice.head && !std::ranges::binary_search(chosen->second, *source_.choice.head))
            throw Error(ErrorCode::not_found,
                        fmt::format("layer {} has no head {} among those looked at", source_.choice.layer,
                                    *source_.choice.head),
                        {path_, std::nullopt, {}});
        question.heads = {*chosen};  // nothing else is drawn
        question.maps.insert(source_.choice.layer);
        return question;
    }

    Outcome write_one(io::OutputFiles& outputs) {
        view::Picture picture = report::picture(*kind_, source_);
        picture.title = title_;
        std::vector<report::DrawnFile> files;
        for (std::size_t i = 0; i < outputs.size(); ++i)
            files.push_back({outputs_[i], write_picture(picture, style_, outputs[i])});
        outputs.publish();
        return {report::drawn(kind_->name, kind_, source_, files)};
    }

    // The first that another program draws: pixels.
    static const view::OutputRow& layer_output() {
        return *std::ranges::find_if(view::outputs(), [](const view::OutputRow& row) { return row.finish != nullptr; });
    }

    Outcome write_layers(const std::vector<std::string>& inputs) {
        const std::filesystem::path folder = outputs_.front();
        const std::vector<report::NamedPicture> pictures = report::pictures_by_layer(source_);
        std::vector<std::string> paths;
        for (const report::NamedPicture& one : pictures)
            paths.push_back((folder / (one.name + std::string(layer_output().ending))).string());
        io::OutputFiles outputs(paths, inputs);
        std::vector<report::DrawnFile> files;
        for (std::size_t i = 0; i < pictures.size(); ++i)
            files.push_back({paths[i], write_picture(pictures[i].picture, style_, outputs[i])});
        outputs.publish();
        return {report::drawn("every layer", nullptr, source_, files)};
    }

    std::string path_, title_;
    TokenOptions prompt_;
    const PictureKind* kind_ = &report::picture_kinds().front();
    std::vector<std::string> outputs_;
    std::optional<std::uint32_t> layer_;
    IndexSelection layers_;
    HeadSelection heads_;
    report::PictureSource source_;
    view::PictureStyle style_;
    std::uint64_t generate_ = 0;
    bool by_layer_ = false;
    study::Run run_;
};

}  // namespace

CommandRow draw_command() {
    static const std::string description = [] {
        std::string text =
            "Runs the model as attend, states or heads do and draws what comes out, as SVG, PNG or PDF by the name of the "
            "file. Kinds: ";
        for (const PictureKind& kind : report::picture_kinds())
            text += fmt::format("{}{} ({})", &kind == &report::picture_kinds().front() ? "" : ", ", kind.name,
                                kind.meaning);
        return text + ". PNG and PDF are made by attnx-picture, which is there when attnx was built with librsvg.";
    }();
    return {
        .name = "draw",
        .group = "Attention",
        .summary = "Attention as pictures: SVG, PNG, PDF",
        .description = description,
        .examples = {{"draw model.gguf -p 'The cat sat on the mat' -o cat.svg", "the mean of the last layer's heads"},
                     {"draw model.gguf -p 'The cat sat' --layer 5 --head 3 --theme dark -o head.png", "one head"},
                     {"draw model.gguf -f prompt.txt --what grid --layer 5 --scale sqrt -o grid.pdf",
                      "all heads of a layer"},
                     {"draw model.gguf --what heads -o heads.svg", "what heads do, told by random tokens"},
                     {"draw model.gguf -f prompt.txt --names s1 -o pictures",
                      "every layer, into a folder that is there"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<Draw>()); },
        .long_work = true};
}

}  // namespace attnx::cli
