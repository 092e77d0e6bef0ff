// What travels as JSON is listed once; a field of which nobody decided whether it does is noticed here.
#include "attnx/model/spec_fields.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace attnx::model {
namespace {

template <class T>
constexpr bool kIsOptional = false;
template <class T>
constexpr bool kIsOptional<std::optional<T>> = true;

// Stands for a value of any member. (An optional makes itself of what it holds.)
struct Anything {
    template <class T>
    requires(!kIsOptional<T>) operator T() const { return T{}; }
};

// How many members an aggregate has: as many as can be given to it.
template <class T, class... Given>
constexpr std::size_t member_count() {
    if constexpr (requires { T{Given()..., Anything()}; }) return member_count<T, Given..., Anything>();
    else return sizeof...(Given);
}

struct ThreeMembers {
    std::optional<float> a, b;
    std::vector<std::string> c;
};
static_assert(member_count<ThreeMembers>() == 3);

template <class T>
std::set<std::string> keys_of() {
    std::set<std::string> keys;
    T value{};
    visit_fields(value, [&](std::string_view name, auto&&) { EXPECT_TRUE(keys.emplace(name).second) << name; });
    return keys;
}

// Members that have no key, by name, and why the reader can do without.
template <class T>
void expect_all_but(const std::set<std::string>& without_key, std::size_t keys_of_others = 0) {
    EXPECT_EQ(keys_of<T>().size() - keys_of_others + without_key.size(), member_count<T>())
        << "a member was added: visit_fields gives it a key, or the list here says that it has none";
}

TEST(SpecFields, are_all_members_but_those_named_here) {
    expect_all_but<CacheLayer>({});
    expect_all_but<CachePlan>({});
    expect_all_but<MemoryPlan>({});
    expect_all_but<LayerWeights>({});
    expect_all_but<ComputePlan>({});
    expect_all_but<WindowSpec>({});
    expect_all_but<RopeSpec>({"type"});  // rope_type of the model
    // What the costs do not ask for: how scores are made, and the sizes of which the compute plan has the elements.
    expect_all_but<LayerSpec>({"projections", "score_scale", "rotation", "feed_forward_length", "expert_count",
                               "expert_used_count", "expert_feed_forward_length", "shared_expert_feed_forward_length"});
    // In the envelope: architecture, name, findings. Of a file only: the others.
    expect_all_but<ModelSpec>({"architecture", "name", "findings", "row", "title", "fork_of", "block_count", "latent",
                               "latent_sliding", "experts", "key_refusals", "tensors", "provenance"},
                              1);  // rope_type
}

template <class Enum>
void expect_names(std::size_t count) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<Enum>(i);
        EXPECT_EQ(named<Enum>(to_string(value)), value) << to_string(value);
        EXPECT_TRUE(seen.insert(to_string(value)).second) << to_string(value);
    }
    EXPECT_EQ(named<Enum>(""), std::nullopt);
    EXPECT_EQ(named<Enum>("FULL"), std::nullopt);
}

TEST(SpecFields, find_an_enumerator_by_its_name) {
    expect_names<RopeType>(static_cast<std::size_t>(RopeType::vision) + 1);
    expect_names<WindowType>(static_cast<std::size_t>(WindowType::symmetric) + 1);
    expect_names<LayerKind>(static_cast<std::size_t>(kLastLayerKind) + 1);
    expect_names<CacheKind>(static_cast<std::size_t>(CacheKind::compressed) + 1);
    expect_names<CellRule>(static_cast<std::size_t>(CellRule::fixed) + 1);
}

}  // namespace
}  // namespace attnx::model
