// Whether the address sanitizer is compiled in: its shadow needs all address space, and it reports faults itself.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define ATTNX_ADDRESS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ATTNX_ADDRESS_SANITIZED 1
#endif
#endif
#ifndef ATTNX_ADDRESS_SANITIZED
#define ATTNX_ADDRESS_SANITIZED 0
#endif
