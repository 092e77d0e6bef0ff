// How a pass tells its listeners.
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "attnx/forward/session.h"
#include "attnx/model/build.h"
#include "support/tiny_model.h"

namespace attnx::forward {
namespace {

void tell(trace::Sink& sink, std::size_t tokens, unsigned threads) {
    const auto bytes = test::TinyModel{}.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Session session(file, model::build_spec(file), {.threads = threads, .context = 0, .causal = {}});
    session.feed(std::vector<std::uint32_t>(tokens, 1), sink, {});
}

// Neither of two heads returns before both have come.
class Meeting final : public trace::Sink {
public:
    bool wants_attention_at_once(std::uint32_t) override { return true; }
    void attention_at_once(const trace::AttentionRows& rows) override {
        std::unique_lock lock(mutex_);
        ++come_[rows.layer];
        changed_.notify_all();
        met = changed_.wait_for(lock, std::chrono::seconds(60), [&] { return come_[rows.layer] == 2; }) && met;
    }
    bool met = true;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint32_t, int> come_;
};

TEST(Telling, heads_at_once_waits_for_none_of_them) {
    Meeting meeting;
    tell(meeting, 3, 2);
    EXPECT_TRUE(meeting.met);
}

struct Told {
    std::uint32_t layer, head, first_query;
    bool in_turn;
};

class Diary final : public trace::Sink {
public:
    bool wants_attention(std::uint32_t layer) override { return layer == 1; }
    void attention(const trace::AttentionRows& rows) override { note(rows, true); }
    bool wants_attention_at_once(std::uint32_t) override { return true; }
    void attention_at_once(const trace::AttentionRows& rows) override { note(rows, false); }
    std::vector<Told> entries;

private:
    void note(const trace::AttentionRows& rows, bool in_turn) {
        const std::lock_guard lock(mutex_);
        entries.push_back({rows.layer, rows.head, rows.first_query, in_turn});
    }
    std::mutex mutex_;
};

TEST(Telling, heads_at_once_keeps_the_order_of_queries_and_of_turns) {
    Diary diary;
    tell(diary, 300, 2);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> next;  // query of layer and head
    std::vector<Told> turns;
    for (const Told& told : diary.entries) {
        const auto head = std::pair(told.layer, told.head);
        if (told.in_turn) {
            EXPECT_EQ(told.layer, 1u) << "as wanted";
            EXPECT_GE(next[head], told.first_query + 1) << "told at once before its turn";
            turns.push_back(told);
        } else {
            EXPECT_GE(told.first_query + 1, next[head]);
            next[head] = told.first_query + 1;
        }
    }
    EXPECT_EQ(next.size(), 4u) << "two layers of two heads";
    ASSERT_GE(turns.size(), 4u) << "300 queries are more than one block";
    for (std::size_t i = 0; i < turns.size(); ++i) EXPECT_EQ(turns[i].head, i % 2);
}

class Thrower final : public trace::Sink {
public:
    bool wants_attention(std::uint32_t) override { return true; }
    void attention(const trace::AttentionRows& rows) override { in_turn += rows.head >= 1 ? 1 : 0; }
    bool wants_attention_at_once(std::uint32_t) override { return true; }
    void attention_at_once(const trace::AttentionRows& rows) override {
        if (rows.head == 1) throw std::runtime_error("no more");
    }
    int in_turn = 0;
};

TEST(Telling, heads_at_once_ends_with_what_a_listener_throws) {
    Thrower thrower;
    EXPECT_THROW(tell(thrower, 3, 2), std::runtime_error);
    EXPECT_EQ(thrower.in_turn, 0);
}

}  // namespace
}  // namespace attnx::forward
