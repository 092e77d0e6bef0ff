// attnx ls: the models in folders and stores.
#include <fmt/format.h>

#include "../arguments/option_rows.h"
#include "attnx/base/error.h"
#include "attnx/base/threads.h"
#include "attnx/kernel/workers.h"
#include "attnx/places/stores.h"
#include "attnx/report/listing.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

using places::Found;

class Ls final : public Command {
public:
    Options declare() override {
        Option place;
        place.spellings = {"PLACE"};
        place.help =
            "a folder, a file, hf: (the hub's cache) or ollama: (its store), also the beginning of a name in these";
        place.default_text = ". hf: ollama:";
        place.repeatable = true;
        place.hint = ValueHint::file;
        place.set = [this](std::string_view text) { places_.emplace_back(text); };
        return {std::move(place), flag({"-r", "--recursive"}, "also folders in folders", [this] { recursive_ = true; }),
                value({"-c", "--ctx"}, "N[,N…]", "contexts to tell the KV cache of", "8k",
                      [this](std::string_view text) {
                          contexts_.clear();
                          for (const std::string& part : split_list(text))
                              contexts_.push_back(count(part, 1, std::uint64_t{1} << 40));
                      }),
                threads_option(threads_)};
    }

    Outcome run(const Environment& environment) override {
        std::vector<Found> found;
        if (places_.empty()) places_ = {".", std::string(places::kHub), std::string(places::kOllama)};
        for (const std::string& place : places_)
            for (Found& one : in(place, environment)) found.push_back(std::move(one));
        std::vector<std::vector<view::Cell>> rows(found.size());
        kernel::Workers workers(thread_count(threads_));
        workers.parallel(found.size(), [&](std::size_t i, unsigned) {
            rows[i] = report::listed({found[i].name, found[i].path, found[i].problem}, contexts_);
        });
        return {report::models(std::move(rows), contexts_)};
    }

private:
    std::vector<Found> in(const std::string& place, const Environment& environment) const {
        const bool hub = place.starts_with(places::kHub);
        if (!hub && !place.starts_with(places::kOllama)) return places::in_folder(place, recursive_);
        const auto root = hub ? places::hub_root(environment.getenv) : places::ollama_root(environment.getenv);
        std::vector<Found> found = hub ? places::in_hub(root) : places::in_ollama(root);
        std::erase_if(found, [&](const Found& one) { return !one.name.starts_with(place); });
        return found;
    }

    std::vector<std::string> places_;
    std::vector<std::uint64_t> contexts_ = {8192};
    bool recursive_ = false;
    unsigned threads_ = 0;
};

}  // namespace

CommandRow ls_command() {
    return {
        .name = "ls",
        .group = "Look",
        .summary = "The models in folders, the hub's cache and Ollama's store, a line each",
        .description =
            "Reads every header, several at a time, and says what kind of model it is, how large, and what a context "
            "costs; what cannot be read is listed with the reason. Split models are one line. The hub's cache is where "
            "HF_HUB_CACHE, HF_HOME or XDG_CACHE_HOME say, Ollama's store where OLLAMA_MODELS says.",
        .examples = {{"ls", "here, and in both stores"},
                     {"ls -r ~/models", "a folder and all below it"},
                     {"ls ollama: --ctx 8k,128k", "one store, two contexts"},
                     {"ls --format jsonl | jq -r 'select(.size_bytes < 8e9) | .path'", "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<Ls>()); }};
}

}  // namespace attnx::cli
