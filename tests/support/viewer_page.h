// A page of `attnx view` as its program reads it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/base64.h"

namespace attnx::test {

class ReadPage {
public:
    explicit ReadPage(const std::string& text) : text_(text) {
        static constexpr std::string_view kRows = "data-rows=\"";
        for (std::size_t at = text.find(kRows); at != text.npos; at = text.find(kRows, at + 1)) {
            unsigned layer = 0, head = 0, first = 0;
            if (std::sscanf(text.c_str() + at + kRows.size(), "%u.%u.%u", &layer, &head, &first) != 3) continue;
            const std::size_t begin = text.find('>', at) + 1;
            const auto bytes = from_base64(std::string_view(text).substr(begin, text.find('<', begin) - begin));
            auto& all = bytes_[{layer, head}];
            all.insert(all.end(), bytes.begin(), bytes.end());
            ++blocks;
        }
    }

    nlohmann::json data(const std::string& id) const {
        const std::size_t at = text_.find("id=\"data-" + id + "\">");
        if (at == text_.npos) return nullptr;
        const std::size_t begin = text_.find('>', at) + 1;
        return nlohmann::json::parse(text_.substr(begin, text_.find("</script>", begin) - begin));
    }

    // [query][key], 0 where it is masked.
    std::vector<std::vector<double>> weights(std::uint32_t layer, std::uint32_t head) const {
        const nlohmann::json view = data("view").at("result");
        const std::size_t bits = view.at("weight_bits");
        const auto& bytes = bytes_.at({layer, head});
        std::size_t at = 0;
        std::vector<std::vector<double>> map;
        for (const auto& each : view.at("layers")) {
            if (each.at("layer") != layer) continue;
            const auto& mask = view.at("masks").at(each.at("mask").get<std::size_t>());
            for (std::size_t query = 0; query < mask.at("first").size(); ++query) {
                auto& row = map.emplace_back(mask.at("first").size(), 0.0);
                const std::size_t end = mask.at("end")[query];
                for (std::size_t key = mask.at("first")[query]; key < end; ++key, at += bits / 8)
                    row[key] = value(bytes, at, bits);
            }
        }
        return map;
    }

    std::size_t blocks = 0;

private:
    std::string text_;
    std::map<std::pair<unsigned, unsigned>, std::vector<std::byte>> bytes_;

    static double value(const std::vector<std::byte>& bytes, std::size_t at, std::size_t bits) {
        std::uint32_t code = 0;
        for (std::size_t i = 0; i < bits / 8; ++i) code |= std::to_integer<std::uint32_t>(bytes.at(at + i)) << (8 * i);
        float weight = 0;
        std::memcpy(&weight, &code, sizeof weight);
        if (bits == 32) return double{weight};
        const double part = code / static_cast<double>((std::uint64_t{1} << bits) - 1);
        return part * part;
    }
};

}  // namespace attnx::test
