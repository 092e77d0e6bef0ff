// What people open by mistake is named.
#include <gtest/gtest.h>

#include "support/gguf_builder.h"
#include "support/refusal.h"

namespace attnx::gguf {
namespace {

using namespace std::string_literals;

void expect_named(const std::string& content, const std::string& meaning) {
    SCOPED_TRACE(meaning);
    test::expect_refusal(test::refusal_of_bytes(test::to_bytes(content)), ErrorCode::not_gguf, meaning);
}

TEST(RefuseOtherFormats, by_name) {
    expect_named("lmgg\0\x7d\0\0"s, "magic ggml");
    expect_named("fmgg\1\0\0\0"s, "magic ggmf");
    expect_named("tjgg\3\0\0\0"s, "magic ggjt");
    expect_named("algg\1\0\0\0"s, "magic ggla");
    expect_named("<!DOCTYPE html>\n<html>", "HTML");
    expect_named("\n  <HTML lang=en>", "HTML");
    expect_named("version https://git-lfs.github.com/spec/v1\noid sha256:12\n", "git lfs pull");
    expect_named("PK\x03\x04\x14", "zip archive");
    expect_named("\x80\x02}q", "pickle");
    expect_named("\x58\x02\0\0\0\0\0\0{\"__metadata__\":{}}"s, "safetensors");
    expect_named("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\"}",
                 "Ollama manifest");
    expect_named("{\"error\":\"Entry not found\"}", "JSON");
    expect_named("<?xml version=\"1.0\"?><Error>", "XML");
    expect_named("\x89HDF\r\n\x1a\n", "HDF5");
    expect_named("\x93NUMPY\x01", "NumPy");
    expect_named("\x1f\x8b\x08\0"s, "gzip");
    expect_named("\x28\xb5\x2f\xfd\x04", "zstd");
    expect_named("\x7f"s + "ELF\2\1\1", "program");
    expect_named(std::string(4096, '\0'), "unfinished download");
}

TEST(RefuseOtherFormats, shows_the_bytes_it_cannot_name_safely) {
    expect_named("\x1b[2J rest of it", "begins with \"\\x1b[2J\"");
    expect_named("XY", "begins with \"XY\"");
}

}  // namespace
}  // namespace attnx::gguf
