#include "attnx/model/roles.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/golden.h"
#include "support/model_case.h"

namespace attnx::model {
namespace {

TEST(Roles, are_told_from_the_name) {
    const TensorRole q = role_of("blk.12.attn_q.weight");
    EXPECT_EQ(q.role, Role::q);
    EXPECT_EQ(q.group, RoleGroup::attention);
    EXPECT_EQ(q.label, "Q");
    EXPECT_EQ(q.stack, Stack::trunk);
    EXPECT_EQ(q.layer, 12U);
    EXPECT_EQ(q.stem, "attn_q");
    EXPECT_EQ(q.suffix, "weight");
    EXPECT_TRUE(q.is_weight());
    EXPECT_FALSE(role_of("blk.0.attn_q.bias").is_weight());
    EXPECT_EQ(role_of("token_embd.weight").label, "embedding");
    EXPECT_EQ(role_of("dec.blk.3.cross_attn_k.weight").role, Role::cross_k);
    EXPECT_EQ(role_of("dec.blk.3.cross_attn_k.weight").stack, Stack::decoder);
    EXPECT_EQ(role_of("enc.blk.3.attn_o.weight").label, "O");
    EXPECT_EQ(role_of("v.blk.3.attn_out.weight").stack, Stack::vision);
}

TEST(Roles, know_names_with_dots_and_names_without_suffix) {
    EXPECT_EQ(role_of("blk.0.shortconv.in_proj.weight").role, Role::short_conv);
    EXPECT_EQ(role_of("blk.0.indexer.k_norm.bias").group, RoleGroup::indexer);
    EXPECT_EQ(role_of("blk.0.ssm_a").role, Role::ssm);
    EXPECT_EQ(role_of("blk.0.ssm_a").suffix, "");
    EXPECT_EQ(role_of("output_norm.weight").role, Role::output_norm);
    EXPECT_EQ(role_of("enc.output_norm.weight").role, Role::output_norm);
}

TEST(Roles, number_the_experts_of_old_files) {
    const TensorRole expert = role_of("blk.2.ffn_down.7.weight");
    EXPECT_EQ(expert.role, Role::ffn_down);
    EXPECT_EQ(expert.expert, 7U);
    EXPECT_FALSE(role_of("blk.2.ffn_down.weight").expert);
}

TEST(Roles, keep_towers_apart_from_the_model) {
    EXPECT_EQ(role_of("blk.0.attn_q.weight").tower, "");
    EXPECT_EQ(role_of("output.weight").tower, "");
    EXPECT_EQ(role_of("v.blk.0.attn_q.weight").tower, "vision");
    EXPECT_EQ(role_of("v.patch_embedding.weight").tower, "vision");
    EXPECT_EQ(role_of("a.blk.1.attn_k.weight").tower, "audio");
    EXPECT_EQ(role_of("mm.0.weight").tower, "projector");
    EXPECT_EQ(to_string(role_of("v.blk.0.attn_q.weight").stack), "vision");
}

TEST(Roles, take_any_name) {
    for (const std::string_view name : {"", ".", "blk", "blk.", "blk..", "blk.x.attn_q.weight", "blk.-1.attn_q.weight",
                                        "blk.4294967296.attn_q.weight", "blk.1.", "blk.1.unheard.of", "\xff\xfe"}) {
        const TensorRole role = role_of(name);
        EXPECT_EQ(role.role, Role::unknown) << name;
        EXPECT_TRUE(role.label.empty()) << name;
    }
    EXPECT_EQ(role_of("blk.4294967295.attn_q.weight").layer, 4294967295U);
    EXPECT_FALSE(role_of("blk.4294967296.attn_q.weight").layer);
}

TEST(Roles, have_one_row_per_name) {
    for (const auto rows : {block_roles(), global_roles()}) {
        std::set<std::string_view> stems;
        for (const RoleRow& row : rows) {
            EXPECT_TRUE(stems.insert(row.stem).second) << row.stem;
            EXPECT_FALSE(row.label.empty()) << row.stem;
            EXPECT_NE(row.role, Role::unknown) << row.stem;
        }
    }
}

TEST(Roles, cover_every_tensor_of_every_architecture) {
    std::size_t count = 0;
    for (const auto& path : test::golden_files("architectures")) {
        const test::CaseFile model(path);
        for (const gguf::TensorInfo& info : model.file().tensors()) {
            ++count;
            EXPECT_NE(role_of(info.name).role, Role::unknown) << path.stem() << " " << info.name;
        }
    }
    EXPECT_GT(count, 3000U);
}

}  // namespace
}  // namespace attnx::model
