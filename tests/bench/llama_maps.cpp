// The peer of attention.sh: llama.cpp computing a prompt's attention maps and saving them. Not built here, since it
// needs llama.cpp (Release build for this processor):
//
//   g++ -O2 llama_maps.cpp -I llama.cpp/include -I llama.cpp/ggml/include -L llama.cpp/build/bin -lllama -lggml
//       -lggml-base -Wl,-rpath,llama.cpp/build/bin -o llama-maps
//   llama-maps MODEL TOKENS THREADS FILE        TOKENS: 1,2,3; FILE: floats [layer, head, query, key]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "ggml-backend.h"
#include "llama.h"

namespace {

struct Maps {
    std::FILE* file;
    std::size_t tokens;
    std::vector<char> bytes;
};

// Asked of each tensor first, then called with those that it wants.
bool save(ggml_tensor* tensor, bool ask, void* data) {
    const bool wanted = std::strncmp(tensor->name, "kq_soft_max", 11) == 0;
    if (ask || !wanted) return wanted || !ask;
    auto& maps = *static_cast<Maps*>(data);
    maps.bytes.resize(ggml_nbytes(tensor));
    ggml_backend_tensor_get(tensor, maps.bytes.data(), 0, maps.bytes.size());
    for (std::int64_t head = 0; head < tensor->ne[2]; ++head)
        for (std::size_t query = 0; query < maps.tokens; ++query)  // keys beyond the tokens fill the cache up
            std::fwrite(maps.bytes.data() + static_cast<std::size_t>(head) * tensor->nb[2] + query * tensor->nb[1],
                        sizeof(float), maps.tokens, maps.file);
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    std::vector<llama_token> tokens;
    for (char* at = argv[2]; *at != '\0'; at += *at == ',' ? 1 : 0)
        tokens.push_back(static_cast<llama_token>(std::strtol(at, &at, 10)));
    Maps maps{std::fopen(argv[4], "wb"), tokens.size(), {}};
    if (maps.file == nullptr) return 2;
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
    ggml_backend_load_all();
    llama_backend_init();
    llama_model_params model_params = llama_model_default_params();
    model_params.n_gpu_layers = 0;
    llama_model* model = llama_model_load_from_file(argv[1], model_params);
    if (model == nullptr) return 1;
    llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = static_cast<std::uint32_t>(tokens.size());
    params.n_threads = params.n_threads_batch = std::atoi(argv[3]);
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.cb_eval = save;
    params.cb_eval_user_data = &maps;
    llama_context* context = llama_init_from_model(model, params);
    if (context == nullptr) return 1;
    const int failed =
        llama_decode(context, llama_batch_get_one(tokens.data(), static_cast<std::int32_t>(tokens.size())));
    return std::fclose(maps.file) != 0 || failed != 0 ? 1 : 0;
}
