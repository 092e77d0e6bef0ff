// Writes the sample model: make_sample FILE
#include <cstdio>
#include <string>

#include "sample_model.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: make_sample FILE\n", stderr);
        return 2;
    }
    const std::string bytes = attnx::tools::sample_model();
    std::FILE* file = std::fopen(argv[1], "wb");
    const bool written = file && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    const bool closed = file && std::fclose(file) == 0;
    if (written && closed) return 0;
    std::fprintf(stderr, "make_sample: cannot write %s\n", argv[1]);
    return 2;
}
