// Tests that ask an nginx, one for all tests of a suite, in a home of their own.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "support/nginx.h"
#include "support/remote_home.h"

namespace attnx::test {

class OnNginx : public ::testing::Test {
protected:
    // For SetUpTestSuite; see Nginx.
    static void begin(const std::string& places) {
        if (Nginx::installed()) nginx_ = new Nginx(places);
    }
    static void TearDownTestSuite() {
        delete nginx_;
        nginx_ = nullptr;
    }
    void SetUp() override {
        if (nginx_ == nullptr) GTEST_SKIP() << "nginx is not installed: " << Nginx::kProgram;
        nginx_->forget();
    }
    static Nginx& server() { return *nginx_; }

    RemoteHome home;

private:
    static inline Nginx* nginx_ = nullptr;  // suites run one after the other
};

}  // namespace attnx::test
