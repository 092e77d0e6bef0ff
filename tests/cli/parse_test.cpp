#include "../../src/cli/app.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "attnx/base/error.h"

namespace attnx::cli {
namespace {

using Seen = std::vector<std::string>;
Seen* seen = nullptr;

// Understands what llama.cpp users type, and notes every setter call as "name=value".
class Probe : public Command {
public:
    Options declare() override {
        const auto note = [](std::string name) {
            return [name](std::string_view value) { seen->push_back(name + "=" + std::string(value)); };
        };
        return {
            {.spellings = {"MODEL"},
             .help = "A file.",
             .required = true,
             .set = note("model"),
             .named = {"-m", "--model"}},
            {.spellings = {"WORD"}, .help = "Words.", .repeatable = true, .set = note("word")},
            {.spellings = {"-c", "--ctx"}, .value_name = "N", .help = "Context.", .set = note("ctx")},
            {.spellings = {"-ctk", "--cache-type-k"},
             .value_name = "TYPE",
             .help = "Type.",
             .choices = {"f16", "q8_0"},
             .set = note("ctk")},
            {.spellings = {"--filter"},
             .value_name = "GLOB",
             .help = "Filter.",
             .repeatable = true,
             .set = note("filter")},
            {.spellings = {"--layers"}, .help = "Layers.", .set = note("layers")},
            {.spellings = {"-n"},
             .value_name = "N",
             .help = "A number.",
             .set = [](std::string_view) { throw Error(ErrorCode::usage, "not a number"); }},
        };
    }
    Outcome run(const Environment&) override { return {}; }
};

std::vector<CommandRow> rows() {
    const auto make = [] { return std::unique_ptr<Command>(std::make_unique<Probe>()); };
    return {{.name = "probe", .group = "Look", .summary = "Probe", .make = make},
            {.name = "inspect", .group = "Look", .summary = "Inspect", .make = make},
            {.name = "secret", .summary = "Hidden", .make = make}};
}

struct Parsed {
    Invocation invocation;
    Seen seen;
};

Parsed parsed(std::vector<std::string_view> arguments) {
    static const std::vector<CommandRow> table = rows();
    Parsed result;
    seen = &result.seen;
    result.invocation = parse(table, arguments);
    return result;
}

std::string refusal(std::vector<std::string_view> arguments) {
    try {
        parsed(std::move(arguments));
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::usage);
        return error.message();
    }
    return "not refused";
}

TEST(Parse, calls_setters_in_the_order_typed) {
    EXPECT_EQ(parsed({"probe", "m.gguf", "-c", "8k", "a", "--layers", "b"}).seen,
              (Seen{"model=m.gguf", "ctx=8k", "word=a", "layers=", "word=b"}));
}

TEST(Parse, takes_options_before_the_command) {
    const Parsed result = parsed({"--json", "--color", "never", "probe", "m"});
    EXPECT_EQ(result.invocation.globals.output->name, "json");
    EXPECT_EQ(result.invocation.globals.colour, view::ColourWish::never);
    EXPECT_EQ(result.invocation.row->name, "probe");
    EXPECT_EQ(parsed({"-c", "8k", "probe", "m"}).seen, (Seen{"ctx=8k", "model=m"}));
    EXPECT_EQ(parsed({"--format", "csv", "probe", "m"}).invocation.globals.output->name, "csv");
}

TEST(Parse, knows_words_after_one_dash_as_llama_cpp_writes_them) {
    EXPECT_EQ(parsed({"probe", "m", "-ctk", "q8_0"}).seen, (Seen{"model=m", "ctk=q8_0"}));
    EXPECT_EQ(parsed({"probe", "m", "-ctk=q8_0", "--ctx=4096"}).seen, (Seen{"model=m", "ctk=q8_0", "ctx=4096"}));
    EXPECT_EQ(parsed({"probe", "m", "-c8192"}).seen, (Seen{"model=m", "ctx=8192"}));
}

TEST(Parse, lets_a_value_begin_with_a_dash) {
    EXPECT_EQ(parsed({"probe", "m", "--filter", "--json"}).seen, (Seen{"model=m", "filter=--json"}));
    EXPECT_EQ(parsed({"probe", "-", "--", "--layers", "-c"}).seen, (Seen{"model=-", "word=--layers", "word=-c"}));
    EXPECT_EQ(parsed({"probe", "--filter=", "m"}).seen, (Seen{"filter=", "model=m"}));
}

// Texts in which CLI11, left alone, finds a list, an option, a flag's value or nothing.
TEST(Parse, takes_a_value_as_it_is) {
    for (const std::string_view text :
         {"[a,b]", "[]", "", "-1", "--", "-", "-x", "--ctx=1", "++", "a=b", "{x}", "%%"}) {
        const std::string value(text);
        EXPECT_EQ(parsed({"probe", "m", "--filter", text}).seen, (Seen{"model=m", "filter=" + value}));
        EXPECT_EQ(parsed({"probe", "m", "--filter", text, "w"}).seen, (Seen{"model=m", "filter=" + value, "word=w"}));
        EXPECT_EQ(parsed({"probe", "--", "m", text, text}).seen, (Seen{"model=m", "word=" + value, "word=" + value}));
        const std::string joined = "--filter=" + value;
        EXPECT_EQ(parsed({"probe", joined, "m"}).seen, (Seen{"filter=" + value, "model=m"}));
    }
    EXPECT_EQ(parsed({"probe", "[a,b]", "[c,d]", ""}).seen, (Seen{"model=[a,b]", "word=[c,d]", "word="}));
    EXPECT_EQ(parsed({"probe", "--", "m", "--", "w"}).seen, (Seen{"model=m", "word=--", "word=w"}));
}

TEST(Parse, takes_a_positional_by_name) {
    EXPECT_EQ(parsed({"probe", "-m", "a"}).seen, (Seen{"model=a"}));
    EXPECT_EQ(parsed({"probe", "word", "--model=a", "-c", "1", "b"}).seen,
              (Seen{"word=word", "model=a", "ctx=1", "word=b"}));
    EXPECT_EQ(parsed({"probe", "-m", "a", "--model", "b"}).seen, (Seen{"model=b"}));
    EXPECT_EQ(parsed({"probe", "-m", "-c", "--", "-m"}).seen, (Seen{"model=-c", "word=-m"}));
    EXPECT_EQ(refusal({"probe", "-m"}), "-m needs a value: MODEL");
}

TEST(Parse, calls_the_setters_of_a_flag_and_a_value_in_the_order_typed) {
    EXPECT_EQ(parsed({"probe", "--json", "--format", "csv", "m"}).invocation.globals.output->name, "csv");
    EXPECT_EQ(parsed({"probe", "--format", "csv", "--json", "m"}).invocation.globals.output->name, "json");
    EXPECT_EQ(parsed({"probe", "m", "--layers", "-ctk", "f16", "--layers"}).seen,
              (Seen{"model=m", "ctk=f16", "layers="}));
}

TEST(Parse, the_last_of_an_option_counts_unless_it_repeats) {
    EXPECT_EQ(parsed({"probe", "m", "-c", "1", "--ctx", "2", "--filter", "a", "--filter", "b"}).seen,
              (Seen{"model=m", "ctx=2", "filter=a", "filter=b"}));
}

TEST(Parse, refuses_in_one_line_what_it_does_not_understand) {
    EXPECT_EQ(refusal({"inpsect", "m"}), "unknown command 'inpsect'; did you mean inspect?");
    EXPECT_EQ(refusal({"secre", "m"}), "unknown command 'secre'; try attnx --help");
    EXPECT_EQ(refusal({"probe", "m", "--layrs"}), "unknown option --layrs; did you mean --layers?");
    EXPECT_EQ(refusal({"probe", "m", "--cache-type=f16"}), "unknown option --cache-type; did you mean --cache-type-k?");
    EXPECT_EQ(refusal({"probe", "m", "-c"}), "-c needs a value: N");
    EXPECT_EQ(refusal({"probe", "m", "--layers", "--cache-type-k"}), "--cache-type-k needs a value: TYPE");
    EXPECT_EQ(refusal({"--json", "--", "word"}), "unexpected argument 'word'");
    EXPECT_EQ(refusal({"--json", "--", "--"}), "unexpected argument '--'");
    EXPECT_EQ(refusal({"probe", "m", "-kc", "1"}), "unknown option -kc; did you mean -c?");
    EXPECT_EQ(refusal({"probe", "m", "-cx"}), "unknown option -cx; did you mean -c?");
    EXPECT_EQ(refusal({"probe", "m", "--0"}), "unknown option --0");
    EXPECT_EQ(refusal({"probe", "m", "--ctk", "f16"}), "unknown option --ctk; did you mean -ctk?");
    EXPECT_EQ(refusal({"probe", "m", "--json=1"}), "--json takes no value");
    EXPECT_EQ(refusal({"probe", "m", "-ctk", "q9"}), "-ctk: 'q9' is not one of f16, q8_0");
    EXPECT_EQ(refusal({"probe", "m", "--format", "xml"}).find("--format: 'xml' is not one of table, "), 0u);
    EXPECT_EQ(refusal({"probe", "-c", "1"}), "MODEL is missing");
    EXPECT_EQ(refusal({"probe", "m", "-n", "x"}), "-n: not a number");
    EXPECT_EQ(refusal({"--json"}), "no command was given; try attnx --help");
    EXPECT_EQ(refusal({"probe"}), "MODEL is missing");
}

TEST(Parse, help_wins_over_what_is_missing_or_wrong) {
    for (const char* spelling : {"-h", "--help"}) {
        EXPECT_TRUE(parsed({"probe", spelling}).invocation.globals.help);
        EXPECT_TRUE(parsed({spelling, "probe", "--nonsense"}).invocation.globals.help);
        EXPECT_EQ(parsed({spelling}).invocation.row, nullptr);
    }
    EXPECT_TRUE(parsed({}).invocation.globals.help);
    EXPECT_TRUE(parsed({"--version"}).invocation.globals.version);
}

TEST(OutputAskedFor, is_told_before_the_line_is_understood) {
    const auto name = [](std::vector<std::string_view> arguments) { return output_asked_for(arguments).name; };
    EXPECT_EQ(name({"nonsense", "--json"}), "json");
    EXPECT_EQ(name({"--format", "json", "--nonsense"}), "json");
    EXPECT_EQ(name({"--format=json"}), "json");
    EXPECT_EQ(name({"probe", "--", "--json"}), "table");
    EXPECT_EQ(name({"--format", "csv"}), "csv");
    EXPECT_EQ(name({"--format", "npy"}), "table") << "it prints no answers";
    EXPECT_EQ(name({"--json", "--format", "csv"}), "csv") << "the last one holds, as in a line that is understood";
    EXPECT_EQ(name({"--format"}), "table");
}

}  // namespace
}  // namespace attnx::cli
