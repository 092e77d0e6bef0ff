// places: one file on a server. Private to places.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "attnx/io/byte_source.h"
#include "attnx/io/reserved.h"
#include "attnx/places/cache.h"
#include "ranges.h"

namespace attnx::places {

class RemoteFile final : public io::ByteSource {
public:
    RemoteFile(Url url, std::shared_ptr<const Access> access);

    // False: there is no such file. Throws for everything else.
    bool read_header();

    std::span<const std::byte> bytes() const override { return memory_->bytes(); }
    void ensure(std::uint64_t first, std::uint64_t size) const override;
    void expect_unchanged() const override {}  // each answer is compared with the one before
    void advise(std::uint64_t first, std::uint64_t size, io::Access access) const override;

private:
    struct Part;
    Part part_of(const Response& response, ByteRange asked) const;
    Response ask(Request request) const;
    void begin(const std::string& version, std::uint64_t size, std::string_view bytes);
    void begin_with(const Response& first, std::uint64_t size);
    std::uint64_t wanted(std::string_view beginning, std::uint64_t size) const;
    void fetch(ByteRange range) const;
    void put(std::uint64_t first, std::string_view bytes) const;

    const Url url_;
    const std::string what_;  // for messages
    const std::shared_ptr<const Access> access_;
    std::string version_;

    mutable std::mutex one_at_a_time_;
    mutable Url at_;  // where redirects led
    mutable bool has_ranges_ = true;
    mutable std::optional<io::Reserved> memory_;
    mutable Ranges brought_, announced_;
};

}  // namespace attnx::places
