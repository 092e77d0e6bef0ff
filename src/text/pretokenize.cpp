#include "pretokenize.h"

#include <algorithm>

#include "rewrite.h"

// The expressions are llama.cpp's (src/llama-vocab.cpp, src/unicode.cpp, build b12032), which in turn
// approximate the `pre_tokenizer` of each model's tokenizer.json. Where llama.cpp has a hand-written scanner,
// the expression here says what that scanner does. They are written so that no text makes them backtrack
// without bound: nested repeats are possessive, and digit grouping looks ahead only at the first group (\G,
// "where the last match ended", carries the alignment on).

namespace attnx::text {
namespace {

// clang-format off: one row a line.

// Shared pieces of expressions.
#define CONTRACTION "'(?i:[stmd]|re|ve|ll)"
#define LETTERS R"([^\r\n\p{L}\p{N}]?\p{L}+)"
#define MARKED_LETTERS R"([^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+)"
#define OTHERS R"( ?[^\s\p{L}\p{N}]+[\r\n]*)"
#define OTHERS_SLASH R"( ?[^\s\p{L}\p{N}]+[\r\n/]*)"
#define SPACES R"(\s*[\r\n]+|\s+(?!\S)|\s+)"

#define GPT2 R"('(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"
#define LLAMA3 CONTRACTION "|" LETTERS R"(|\p{N}{1,3}|)" OTHERS "|" SPACES
#define QWEN2 CONTRACTION "|" LETTERS R"(|\p{N}|)" OTHERS "|" SPACES
#define DEEPSEEK3 \
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|)" SPACES
// Digits in threes from the right; the text before a number stays with its first group.
#define DIGIT_GROUPS R"(\G(?:(?<=\p{N})\p{N}{3}|[^\p{N}]*+\p{N}{1,3}(?=(?:\p{N}{3})*+(?!\p{N}))))"
#define NEWLINES R"([^\n]+|\n+)"
#define CJK R"([\x{4E00}-\x{9FA5}\x{3040}-\x{30FF}]+)"
#define CJK_HANGUL R"([\x{800}-\x{9FA5}\x{AC00}-\x{D7FF}]+)"

constexpr Split kDefault[] = {{R"([\p{P}$+<=>\^~|]+)"}, {GPT2}, {R"(\p{N}+)"}, {"[0-9][0-9][0-9]"}};
constexpr Split kGpt2[] = {{GPT2}};
constexpr Split kLlama3[] = {{LLAMA3}};
constexpr Split kQwen2[] = {{QWEN2}};
constexpr Split kQwen35[] = {{CONTRACTION "|" MARKED_LETTERS R"(|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|)" SPACES}};
constexpr Split kJais2[] = {
    {CONTRACTION
     "|" LETTERS R"(|\p{N}{1,3}|)" OTHERS
     R"(|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S))"
     R"(|\s{4}(?!\S)|\s{1,2}(?!\S)|\s)"}};
constexpr Split kDigitsThenGpt2[] = {{R"(\p{N})"}, {GPT2}};
constexpr Split kFalcon[] = {{R"([\p{P}$+<=>\^~|`]+)"}, {GPT2}, {"[0-9][0-9][0-9]"}};

// The cased letters that the model's authors listed, here by code point.
#define DEEPSEEK_LETTERS                                                                                      \
    R"(\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF})"          \
    R"(\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1})"      \
    R"(\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5})"       \
    R"(\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77})"                \
    R"(\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D})"                \
    R"(\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE})" \
    R"(\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC})"                \
    R"(\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124})" \
    R"(\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E})" \
    R"(\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D})" \
    R"(\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF})"                \
    R"(\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F})"              \
    R"(\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF})"      \
    R"(\x{1E900}-\x{1E943})"
constexpr Split kDeepseekLlm[] = {
    {R"([\r\n])"},
    {R"(\s?[A-Za-z)" DEEPSEEK_LETTERS "]+"},
    // U+3000 is in the authors' list as well, but whitespace comes here as \v.
    {R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3001}\x{3002}]+)"},
    {R"((?<!\s)\s++\z)"},
    {CJK_HANGUL},
    {R"(\p{N}+)"}};
constexpr Split kDeepseekCoder[] = {{R"([\r\n])"}, {R"(\s?\p{L}+)"}, {R"(\s?\p{P}+)"}, {CJK_HANGUL}, {R"(\p{N})"}};
constexpr Split kDeepseek3[] = {{R"(\p{N}{1,3})"}, {CJK}, {DEEPSEEK3}};
constexpr Split kSpark[] = {
    {R"(\p{N}{1,3})"},
    {CJK},
    {R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+)"},
    {R"(\p{N})"}};
constexpr Split kFlint[] = {
    {R"(\p{N}{1,3})"}, {CJK}, {MARKED_LETTERS "(?:" CONTRACTION R"()?| ?[\p{P}\p{S}]+[\r\n]*|)" SPACES}};
constexpr Split kYoutu[] = {
    {R"([\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+)"
     R"(|[\x{FF01}\x{2026}\x{201C}\x{201D}\x{2018}\x{2019}\x{2014}\x{FF1A}\x{FF1B}\x{FF0C}\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+)"
     R"(|[\x{3105}-\x{312F}]+|)" CJK},
    {MARKED_LETTERS "(?:" CONTRACTION R"()?|\p{N}|)" OTHERS_SLASH "|" SPACES}};

constexpr Split kBloom[] = {{R"( ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{964}\x{6D4}\x{60C})]+)"}};
constexpr Split kViking[] = {kBloom[0], {R"(\p{N})"}};
// "Upper" is every letter but a-z and "lower" every letter but A-Z, so that letters beyond ASCII are both.
#define CASED_WORD(suffix)                                                             \
    R"([^\r\n\p{L}\p{N}]?[A-Z\p{non-ASCII L}\p{M}]*[a-z\p{non-ASCII L}\p{M}]+)" suffix \
    R"(|[^\r\n\p{L}\p{N}]?[A-Z\p{non-ASCII L}\p{M}]+[a-z\p{non-ASCII L}\p{M}]*)" suffix
constexpr Split kTekken[] = {{CASED_WORD("") R"(|\p{N}|)" OTHERS_SLASH "|" SPACES}};
// Digits in threes from the right, as DIGIT_GROUPS.
constexpr Split kTekkenNum3[] = {
    {CASED_WORD("") R"(|(?<=\p{N})\p{N}{3}|\p{N}{1,3}(?=(?:\p{N}{3})*+(?!\p{N}))|)" OTHERS_SLASH "|" SPACES}};
constexpr Split kGpt4o[] = {{CASED_WORD("(?:" CONTRACTION ")?") R"(|\p{N}{1,3}|)" OTHERS_SLASH "|" SPACES}};
constexpr Split kTinyAya[] = {{DIGIT_GROUPS},
                              {MARKED_LETTERS "(?:" CONTRACTION R"()?|\p{N}{1,3}|)" OTHERS_SLASH "|" SPACES}};
constexpr Split kChameleon[] = {{"<sentinel:[0-9]+>"}, {"IMGIMG[A-I]{1,4}Z"},       {R"([\t\n]|    |  )"},
                                {R"(\p{N})"},          {R"([\p{P}!-/:-@\[-`{-~])"}, {GPT2}};
constexpr Split kKimiK2[] = {
    {R"(\p{Han}+|[^\r\n\p{L}\p{N}]?\p{L but not Han}+(?:)" CONTRACTION R"()?|\p{N}{1,3}|)" OTHERS "|" SPACES}};
// Before each group of three digits, counted from the right. A first group of one or two stays with what
// precedes it.
constexpr Split kSuperBpe[] = {{R"(\p{N}+)"}, {R"(\G(?<=\d)\d{3}|\d{3}(?=(?:\d{3})*+(?!\d)))", true}};
constexpr Split kBailingMoe[] = {{CONTRACTION "|" LETTERS R"(|\p{N}|)" OTHERS R"(|\s*[\r\n]|\s+(?!\S)|\s+)"}};
constexpr Split kSeedCoder[] = {{CONTRACTION "|" LETTERS R"(|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|)" SPACES}};
constexpr Split kAfmoe[] = {
    {DIGIT_GROUPS},
    {R"([\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{8C48}-\x{FAFF}\x{3040}-\x{30FF}\x{FF65}-\x{FF9F}\x{2F00}-\x{2FDF}\x{E40}-\x{EFF})"
     R"(\x{1780}-\x{17FF}\x{1000}-\x{109F}\x{AA60}-\x{AA7F}\x{A9E0}-\x{A9FF}\x{AC00}-\x{D7AF}\x{1100}-\x{11FF}]+)"},
    {DEEPSEEK3}};
constexpr Split kLaguna[] = {{NEWLINES}, {QWEN2}};
constexpr Split kExaoneMoe[] = {
    {CONTRACTION R"(|[^\r\n\p{L}\p{N}]?\p{L}\p{M}*+(?: ?\p{L}\p{M}*+)*+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?)"
                 R"(|\s*[\r\n]|\s+(?!\S)|\s+)"}};
constexpr Split kMinicpm5[] = {{R"(\p{N}{1,3})"}, {CONTRACTION "|" LETTERS R"(|\p{N}+|)" OTHERS "|" SPACES}};
constexpr Split kK2Horizon[] = {
    {CONTRACTION R"(|'\p{long s}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}\p{joiner}]+|\p{N}{1,3}|)" OTHERS "|" SPACES}};
constexpr Split kUfakzeka[] = {{LETTERS R"(|\p{N}|)" OTHERS "|" SPACES}};
constexpr Split kSoprano[] = {{R"(\p{N})"}, {R"(\s+|[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]+)"}};
constexpr Split kNewlines[] = {{NEWLINES}};
constexpr Split kEscapedWords[] = {{NEWLINES}, {R"(\x{2581})", true}};
constexpr Split kWhitespace[] = {{R"(\S+)"}};

constexpr PreTokenizer kPreTokenizers[] = {
    {.name = "default", .splits = kDefault},
    {.name = "a.x-4.0", .splits = kGpt2},
    {.name = "afmoe", .splits = kAfmoe, .clean_spaces = false},
    {.name = "bailingmoe", .splits = kBailingMoe, .clean_spaces = false},
    {.name = "bailingmoe2", .splits = kBailingMoe, .clean_spaces = false},
    {.name = "bloom", .splits = kBloom},
    {.name = "chameleon", .splits = kChameleon, .clean_spaces = false, .add_bos = true},
    {.name = "chatglm-bpe", .splits = kLlama3, .clean_spaces = false, .default_bos = false},
    {.name = "codeshell", .splits = kDigitsThenGpt2},
    {.name = "cohere2moe", .splits = kTinyAya, .clean_spaces = false},
    {.name = "command-r", .splits = kDigitsThenGpt2, .clean_spaces = false},
    {.name = "dbrx", .splits = kLlama3, .clean_spaces = false},
    {.name = "deepseek-coder", .splits = kDeepseekCoder, .clean_spaces = false},
    {.name = "deepseek-llm", .splits = kDeepseekLlm, .clean_spaces = false},
    {.name = "deepseek-r1-qwen", .splits = kQwen2, .clean_spaces = false},
    {.name = "deepseek-v3", .splits = kDeepseek3, .clean_spaces = false},
    {.name = "domyn-small", .splits = kNewlines, .printable_bytes = false, .escape_spaces = true},
    {.name = "exaone", .splits = kDigitsThenGpt2},
    {.name = "exaone-moe", .splits = kExaoneMoe},
    {.name = "exaone4", .splits = kGpt2, .clean_spaces = false},
    {.name = "f2llmv2", .splits = kQwen2, .clean_spaces = false},
    {.name = "falcon", .splits = kFalcon},
    {.name = "falcon-h1", .splits = kLlama3, .ignore_merges = true, .add_bos = true},
    {.name = "falcon3", .splits = kLlama3, .ignore_merges = true, .add_bos = true},
    {.name = "flint", .splits = kFlint, .clean_spaces = false},
    {.name = "gemma4",
     .splits = kNewlines,
     .clean_spaces = false,
     .printable_bytes = false,
     .escape_spaces = true,
     .join_newlines = true,
     .force_bos = true},
    {.name = "gigachat", .splits = kGpt2},
    {.name = "glm4", .splits = kLlama3, .clean_spaces = false, .ignore_merges = true, .default_bos = false},
    {.name = "glm5", .splits = kLlama3, .clean_spaces = false, .ignore_merges = true, .default_bos = false},
    {.name = "gpt-2", .splits = kGpt2},
    {.name = "gpt-4o", .splits = kGpt4o, .clean_spaces = false},
    {.name = "gpt3-finnish", .splits = kBloom},
    {.name = "granite-docling", .splits = kGpt2, .clean_spaces = false},
    {.name = "granite-embed-multi-311m",
     .splits = kNewlines,
     .clean_spaces = false,
     .printable_bytes = false,
     .escape_spaces = true,
     .join_newlines = true,
     .force_bos = true},
    {.name = "granite-embed-multi-97m", .splits = kGpt4o, .clean_spaces = false, .ignore_merges = true},
    {.name = "grok-2", .splits = kQwen2, .clean_spaces = false},
    {.name = "hunyuan", .splits = kQwen2, .clean_spaces = false},
    {.name = "hunyuan-dense", .splits = kDeepseek3, .clean_spaces = false},
    {.name = "hy_v4", .splits = kDeepseek3, .clean_spaces = false},
    {.name = "jais", .splits = kGpt2},
    {.name = "jais-2", .splits = kJais2},
    {.name = "jina-de", .splits = kGpt2},
    {.name = "jina-es", .splits = kGpt2},
    {.name = "jina-v1-en", .splits = kGpt2, .add_sep = true},
    {.name = "jina-v2-code", .splits = kGpt2, .add_sep = true},
    {.name = "jina-v2-de", .splits = kGpt2},
    {.name = "jina-v2-es", .splits = kGpt2},
    {.name = "jina-v5-nano", .splits = kLlama3, .ignore_merges = true, .add_bos = true},
    {.name = "joyai-llm", .splits = kDeepseek3, .clean_spaces = false},
    {.name = "k2-horizon", .splits = kK2Horizon, .clean_spaces = false},
    {.name = "kanana2", .splits = kGpt4o, .clean_spaces = false},
    {.name = "kimi-k2", .splits = kKimiK2, .clean_spaces = false},
    {.name = "kormo", .splits = kQwen2, .clean_spaces = false},
    {.name = "laguna", .splits = kLaguna, .clean_spaces = false},
    {.name = "lfm2", .splits = kLlama3, .clean_spaces = false, .ignore_merges = true, .add_bos = true},
    {.name = "llada-moe", .splits = kBailingMoe, .clean_spaces = false},
    {.name = "llama-bpe", .splits = kLlama3, .ignore_merges = true, .add_bos = true},
    {.name = "llama-v3", .splits = kLlama3, .ignore_merges = true, .add_bos = true},
    {.name = "llama3", .splits = kLlama3, .ignore_merges = true, .add_bos = true},
    {.name = "llama4", .splits = kGpt4o, .clean_spaces = false},
    {.name = "megrez", .splits = kQwen2},
    {.name = "mellum", .splits = kGpt2},
    {.name = "mellum2", .splits = kDigitsThenGpt2, .clean_spaces = false},
    {.name = "midm-2.0", .splits = kLlama3, .ignore_merges = true, .add_bos = true},
    {.name = "minerva-7b", .splits = kDigitsThenGpt2},
    {.name = "minicpm5", .splits = kMinicpm5, .clean_spaces = false, .ignore_merges = true},
    {.name = "minimax-m2", .splits = kGpt4o, .clean_spaces = false},
    {.name = "mmbert",
     .splits = kEscapedWords,
     .printable_bytes = false,
     .escape_spaces = true,
     .join_newlines = true,
     .rewrite = begin_lines_with_a_space},
    {.name = "modern-bert", .splits = kGpt2},
    {.name = "mpt", .splits = kGpt2},
    {.name = "nemotron-3.5-embed",
     .splits = kTekken,
     .ignore_merges = true,
     .add_bos = true,
     .rewrite = drop_joiners_after_brackets},
    {.name = "olmo", .splits = kGpt2},
    {.name = "phi-2", .splits = kGpt2},
    {.name = "pixtral", .splits = kTekken, .clean_spaces = false, .ignore_merges = true, .add_bos = true},
    {.name = "poro-chat", .splits = kBloom, .clean_spaces = false},
    {.name = "qwen2", .splits = kQwen2, .clean_spaces = false},
    {.name = "qwen35", .splits = kQwen35, .clean_spaces = false},
    {.name = "refact", .splits = kDigitsThenGpt2},
    {.name = "roberta-bpe", .splits = kGpt2, .add_sep = true},
    {.name = "sarvam-moe", .splits = kNewlines, .clean_spaces = false, .printable_bytes = false, .escape_spaces = true},
    {.name = "seed-coder", .splits = kSeedCoder, .clean_spaces = false},
    {.name = "smaug-bpe", .splits = kLlama3},
    {.name = "smollm", .splits = kDigitsThenGpt2, .clean_spaces = false},
    {.name = "solar-open", .splits = kQwen2, .clean_spaces = false},
    {.name = "soprano",
     .splits = kSoprano,
     .printable_bytes = false,
     .plain_words = true,
     .rewrite = lower_and_join_spaces},
    {.name = "spark2_5", .splits = kSpark, .clean_spaces = false},
    {.name = "stablelm2", .splits = kQwen2},
    {.name = "starcoder", .splits = kDigitsThenGpt2},
    {.name = "superbpe", .splits = kSuperBpe, .clean_spaces = false},
    {.name = "talkie", .splits = kGpt4o, .clean_spaces = false},
    {.name = "tekken", .splits = kTekken, .clean_spaces = false, .ignore_merges = true, .add_bos = true},
    {.name = "tekken-num3", .splits = kTekkenNum3, .clean_spaces = false, .ignore_merges = true, .add_bos = true},
    {.name = "tiny_aya", .splits = kTinyAya, .clean_spaces = false},
    {.name = "trillion", .splits = kGpt2, .clean_spaces = false},
    {.name = "ufakzeka", .splits = kUfakzeka, .clean_spaces = false},
    {.name = "viking", .splits = kViking, .clean_spaces = false},
    {.name = "whitespace", .splits = kWhitespace, .printable_bytes = false, .lowercase = false},
    {.name = "youtu", .splits = kYoutu, .clean_spaces = false, .ignore_merges = true},
};

// clang-format on

}  // namespace

std::span<const PreTokenizer> pre_tokenizers() { return kPreTokenizers; }

const PreTokenizer* find_pre_tokenizer(std::string_view name) {
    const auto* row = std::find_if(std::begin(kPreTokenizers), std::end(kPreTokenizers),
                                   [&](const auto& r) { return r.name == name; });
    return row == std::end(kPreTokenizers) ? nullptr : row;
}

}  // namespace attnx::text
