#include "support/json_contract.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/analysis/head_classes.h"

namespace attnx::test {
namespace {

using nlohmann::json;
using Segments = std::vector<std::string>;

constexpr std::string_view kInspect =
    "name size_label file_type bits_per_weight active_parameter_count expert_count expert_used_count expert_shared_count "
    "tokenizer/model,pre fork_of "
    "layer_count layer_count_all context_length embedding_length vocabulary_size parameter_count tower_parameter_count kind kv_bytes_per_token kv_bytes_per_token_short "
    "llama_cpp_build exact estimate_reason "
    "attention_kind causal mla sinks window_looks_back architecture_known attention_softcap? final_softcap? head_count head_count_kv gqa_ratio "
    "head_dim_k head_dim_v sliding_window/type,size rope_type rope/dimension_count,freq_base,freq_base_sliding,scaling_type "
    "rope/scaling_factor,original_context_length,sections quantization/*/type,tensors,parameters,bytes "
    "file/path,size_bytes,gguf_version,byte_order,alignment,tensor_count,metadata_count,data_offset,shards "
    "layers/*/layer,kind,head_count,head_count_kv,gqa_ratio,head_dim_k,head_dim_v,rope_dimensions,sliding_window,recurrent "
    "layers/*/rope_base,score_scale,compress_ratio,indexer,has_kv,owns_kv,kv_shared_with,next_token_prediction,router memory_plan/** memory_plan_mtp/**? compute_plan/** "
    "provenance/*/field,value,source,detail?";

constexpr std::string_view kKvCost =
    "configuration_from host_memory/checkpoints,checkpoint_bytes,checkpoints_bytes,prompt_cache_bytes?,prompt_state_bytes? host_memory/kinds/*/kind,bytes? "
    "context_requested context_allocated context_per_sequence parallel cache_type_k cache_type_v flash_attn batch ubatch swa_full "
    "kv_unified state_snapshots mtp total_bytes naive_bytes naive_factor bytes_per_token llama_cpp_build exact estimate_reason "
    "caches/*/kind,label,layers,cells,streams,k_bytes,v_bytes,state_bytes,rotation_bytes "
    "layers/*/layer,k_bytes,v_bytes,state_bytes,rotation_bytes";

constexpr std::string_view kWeights =
    "raw layers/*/layer,head_count,head_count_kv,head_dim_k,head_dim_v,form,notes heads/*/layer,head,kv_head "
    "heads/*/q_norm,q_spectral,q_stable_rank,q_effective_rank,q_participation_ratio,q_condition "
    "heads/*/k_norm,k_spectral,k_stable_rank,k_effective_rank,k_participation_ratio,k_condition "
    "heads/*/v_norm,v_spectral,v_stable_rank,v_effective_rank,v_participation_ratio,v_condition "
    "heads/*/o_norm,o_spectral,o_stable_rank,o_effective_rank,o_participation_ratio,o_condition "
    "heads/*/qk_norm,qk_spectral,qk_stable_rank,qk_effective_rank,qk_participation_ratio,qk_condition "
    "heads/*/ov_norm,ov_spectral,ov_stable_rank,ov_effective_rank,ov_participation_ratio,ov_condition "
    "heads/*/copying,qk_similarity,ov_similarity,q_bias,k_bias,v_bias "
    "heads/*/qk_similar_head,ov_similar_head,qk_singular_values,ov_singular_values "
    "outliers/*/layer,head,kind,other,explanation skipped/*/layer,reason? similarity/*/layer,qk,ov? "
    "composition/baseline,layers,q,k,v? composition/strongest/*/kind,from_layer,from_head,to_layer,to_head,score,above_baseline?";

constexpr Contract kContracts[] = {
    {"help", "", "commands/*/name,group,summary options/**"},
    {"help", "", "name usage options/*/spellings,value,help,default,choices,required,repeatable"},
    {"inspect", "", kInspect},
    {"inspect", "",
     "kind kind_reason parameter_count file/path,size_bytes,gguf_version,byte_order,alignment,tensor_count,metadata_count,data_offset,shards "
     "quantization/*/type,tensors,parameters,bytes"},
    {"kv-cost", "", kKvCost},
    {"kv-cost", "rows/*/", kKvCost},
    {"kv-cost", "",
     "budget_bytes weight_bytes configuration_from llama_cpp_build exact estimate_reason rows/*/cache_type_k,cache_type_v,parallel,context,context_trained,total_bytes,left_bytes"},
    {"compute-cost", "",
     "context batch mode total_flops attention_matrix_bytes_per_layer attention_matrix_bytes weight_bytes_read "
     "cache_bytes_read bytes_read_per_token crossover_context counted_from_tensors estimate_reason stages/*/stage,title,flops,share "
     "layers/*/layer,total_flops,attention_matrix_bytes layers/*/**"},
    {"tensors", "", "tensors/*/name,role,stack,layer,shape,type,bits_per_weight,bytes,offset,shard,elements"},
    {"tensors", "", "attention/*/stack,layer attention/*/**"},
    {"metadata", "", "metadata/*/key,type,length,value"},
    {"check", "",
     "llama_cpp_build files/*/path,verdict,kind,architecture,size_bytes,errors,warnings,loads,error_code,error files/*/refusal/message,name files/*/data/tensors,bytes,unread,invalid? files/*/regions/*/region,extents,bytes"},
    {"tokenize", "", "tokens/*/id,piece"},
    {"attend", "",
     "numerics tokens/*/id,piece,generated heads/*/layer,head,@attention_metrics,"
     "strongest_query,strongest_key,strongest_weight "
     "layer_metrics/*/layer,@attention_metrics,strongest_query,strongest_key,strongest_weight layers/*/layer,head_count,heads,window,indexer layers/*/weights,value_weighted,compressed? block_output_norm? last_logits? "
     "top/*/layer,head,query? top/*/targets/*/key,weight? rollout/*/layer,matrix?"},
    {"heads", "",
     "numerics probes/*/seed,tokens text_tokens baselines/@attention_metrics thresholds/@head_classes sink_rate sink_above "
     "secondary_sinks/*/layer,position,piece,mass,uniform heads/*/layer,head,kv_head,window,classes "
     "heads/*/probe/@attention_metrics heads/*/text/@attention_metrics layer_baselines/*/layer,window "
     "layer_baselines/*/probe/@attention_metrics layer_baselines/*/text/@attention_metrics similarity/*/layer,js?"},
    {"states", "",
     "numerics tokens/*/id,piece,generated hidden/*/layer,position,norm,max,median,rms final_norm "
     "kv/*/layer,k_norm,v_norm,q_norm,k_norm_heads,v_norm_heads,q_norm_heads "
     "massive/*/layer,token,piece,dimension,value,times_median "
     "layers/*/layer,norm_first,norm_others,q_norm_first,q_norm_others,k_norm_first,k_norm_others "
     "layers/*/v_norm_first,v_norm_others,max,max_token"},
    {"graph", "",
     "numerics layer head mode threshold threshold_op node_count edge_count nodes/*/id,token edges/*/src,dst,weight,layer,head "
     "strongest/*/src,dst,weight,layer,head sweep/*/threshold,edges"},
    {"explain", "",
     "numerics? tokens/*/id,piece,generated? mapping/kind,layer,head,kv_head,heads_of_this_kv_head,window,visible,scale,softcap mapping/rope? "
     "mapping/rope/type,dimension_count,freq_base,scale? query/position,piece,norm key "
     "keys/*/key,piece,norm,dot,scaled,capped,bias,exponent,weight,value_norm,moved_norm max sink? sink/logit,exponent,weight? sum "
     "output_norm output? dimensions/*/dimension,q,k,product"},
    {"diff", "",
     "a/path,architecture,name b/path,architecture,name same geometry/*/field,layer,a,b metadata/common? metadata/only_a,only_b "
     "metadata/changed/*/key,type_a,type_b,length_a,length_b,element,a,b tensors/common? tensors/only_a,only_b "
     "tensors/changed/*/name,shape_a,shape_b,type_a,type_b,bytes_a,bytes_b,max_abs,mean_abs,rmse,relative,cosine,unlike "
     "numbers/left_out,tolerance numbers/types/*/type_a,type_b,tensors,equal,elements,max_abs,mean_abs,rmse,relative,cosine,unlike "
     "attention/tokens/*/id,piece attention/layers/*/layer,head,js,max_abs,same_strongest attention/numerics,left_out,kl_last,kl_mean,top1_agreement"},
    {"ls", "",
     "models/*/model,path,name,kind,architecture,parameters,active_parameters,quantization,size_bytes,context_length,attention_kind "
     "models/*/head_count,head_count_kv,head_dim_k,verdict,reason models/*/kv_bytes_at/*/context,bytes"},
    {"probe", "",
     "server/url,kind,software,build,model,context,slots,busy_slots,latency_ms model_agrees tokens_agree kv_bytes kv_bytes_separate "
     "token_difference/prompt,position,server,ours rows/*/name,prompt_tokens,cached_tokens,output_tokens,time_to_first_token_ms "
     "rows/*/prefill_ms,prefill_tokens_per_second,decode_ms,decode_tokens_per_second,total_ms,tokens_agree,problem "
     "rows/*/timings/prompt_tokens,prompt_ms,output_tokens,output_ms"},
    {"ablate", "",
     "numerics tokens/*/id,piece,generated with baseline/loss baseline/top/*/id,piece,probability target/id,piece,position,logit? "
     "heads/*/layer,head,kl_last,kl_mean,loss_change,target_logit_change"},
    {"kv-loss", "",
     "numerics tokens/*/id,piece,generated reference/cache_type_k,cache_type_v,bytes,loss flash_attn cached_layers "
     "noise? noise/flash_attn,kl_mean,kl_p99,kl_max,top1_agreement,loss,loss_change,attention_js_mean? "
     "rows/*/cache_type_k,cache_type_v,bytes,kl_mean,kl_p99,kl_max,top1_agreement,loss,loss_change,attention_js_mean,at_noise_floor "
     "rows/*/worst/layer,head,js eviction/*/sinks,window,kept_share,mass_lost_mean eviction/*/worst/layer,head,mass_lost"},
    {"lens", "",
     "numerics tokens/*/id,piece,generated layers/*/layer layers/*/positions/*/position layers/*/positions/*/top/*/id,piece,probability "
     "attribution/target/id,piece attribution/position,logit,embedding,other,rounding,total attribution/heads/*/layer,head,value "
     "attribution/feed_forward/*/layer,value attribution/mixers/*/layer,value"},
    {"draw", "", "what tokens layer head files/*/path,size_bytes"},
    {"view", "", "file size_bytes tokens prompt_tokens layers heads weight_bits numerics largest_error"},
    {"values", "", "tensor type shape values"},
    {"values", "", "tensor type shape written/path,shape"},
    {"values", "",
     "tensor type shape count min max mean standard_deviation zeros nans infinities histogram/*/from,to,count"},
    {"weights", "", kWeights},
};

constexpr std::string_view kEnvelope =
    "attnx schema command model model/path,architecture,name? result/** findings/*/id,severity,message";
constexpr std::string_view kFailure = "attnx schema error/code,message,path,offset";

struct Path {
    Segments segments;
    bool optional = false;
};

Segments split(std::string_view text, char separator) {
    Segments parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::vector<Path> parse(std::string_view prefix, std::string_view paths) {
    std::vector<Path> result;
    for (std::string& text : split(paths, ' ')) {
        const bool optional = text.ends_with('?');
        if (optional) text.pop_back();
        Segments place = split(std::string(prefix) + text, '/');
        const std::string keys = std::exchange(place.back(), "");
        std::vector<std::string> names;
        for (const std::string& key : split(keys, ',')) {
            if (key == "@attention_metrics")
                for (const auto& metric : analysis::attention_metrics()) names.emplace_back(metric.id);
            else if (key == "@head_classes")
                for (const auto& row : analysis::head_classes()) names.emplace_back(row.id);
            else names.push_back(key);
        }
        for (std::string& name : names) {
            place.back() = std::move(name);
            result.push_back({place, optional});
        }
    }
    return result;
}

std::string joined(const Segments& segments) {
    std::string text;
    for (const std::string& segment : segments) text += (text.empty() ? "" : "/") + segment;
    return text;
}

// Whether `place` lies on the way to `path`, at it, or below its "**".
bool lies_on(const Path& path, const Segments& place) {
    for (std::size_t i = 0; i < place.size(); ++i) {
        if (i == path.segments.size()) return false;
        if (path.segments[i] == "**") return true;
        if (path.segments[i] != "*" && path.segments[i] != place[i]) return false;
    }
    return true;
}

class Check {
public:
    Check(std::string_view prefix, std::string_view paths) : paths_(parse(prefix, paths)) {}

    void find_unknown(const json& value, Segments& place) {
        for (auto item = value.begin(); value.is_structured() && item != value.end(); ++item) {
            // Arrays of plain values belong to the path that holds them.
            if (value.is_array() && !item->is_object()) {
                if (item->is_array() && !item->empty() && item->front().is_object())
                    note("nested array of objects", place);
                continue;
            }
            place.push_back(value.is_array() ? std::to_string(item - value.begin()) : item.key());
            const bool known =
                std::any_of(paths_.begin(), paths_.end(), [&](const Path& path) { return lies_on(path, place); });
            if (known) find_unknown(*item, place);
            else note("unknown key", place);
            place.pop_back();
        }
    }

    void find_missing(const json& root) {
        for (const Path& path : paths_)
            if (!path.optional) look_for(root, path, 0, "");
    }

    std::vector<std::string> take() { return std::move(violations_); }

private:
    std::vector<Path> paths_;
    std::vector<std::string> violations_;

    void note(const std::string& what, const Segments& place) { violations_.push_back(what + " " + joined(place)); }

    void look_for(const json& value, const Path& path, std::size_t depth, const std::string& place) {
        if (depth == path.segments.size() || path.segments[depth] == "**") return;
        const std::string& segment = path.segments[depth];
        if (segment == "*") {
            for (const json& element : value) look_for(element, path, depth + 1, place + "*/");
        } else if (value.is_object() && value.contains(segment)) {
            look_for(value[segment], path, depth + 1, place + segment + "/");
        } else if (!value.is_null()) {
            violations_.push_back("missing key " + place + segment);
        }
    }
};

std::vector<std::string> violations_of(const json& root, std::string_view prefix, std::string_view paths) {
    Check check(prefix, paths);
    Segments place;
    check.find_unknown(root, place);
    check.find_missing(root);
    return check.take();
}

}  // namespace

std::span<const Contract> contracts() { return kContracts; }

std::vector<std::string> path_violations(const std::string& json_text, std::string_view paths) {
    return violations_of(json::parse(json_text), "", paths);
}

std::vector<std::string> contract_violations(const std::string& json_text) {
    const json root = json::parse(json_text);
    if (root.contains("error")) return violations_of(root, "", kFailure);
    std::vector<std::string> violations = violations_of(root, "", kEnvelope);
    const std::string command = root.value("command", "");
    std::vector<std::string> nearest = {"no contract for command '" + command + "'"};
    bool first = true;
    for (const Contract& contract : kContracts) {
        if (contract.command != command) continue;
        std::vector<std::string> found = violations_of(root.at("result"), contract.prefix, contract.paths);
        if (first || found.size() < nearest.size()) nearest = std::move(found);
        first = false;
    }
    violations.insert(violations.end(), nearest.begin(), nearest.end());
    return violations;
}

}  // namespace attnx::test
