// A branch whose condition is in the text: nothing is loaded and nothing compared with memory.
//
//     if (keys::StaticBranch<"search.trace">()) Trace(graph);
//
// While the key of that name (keys/key.h) is off:      on:
//
//     xor  reg, reg                                        xor  reg, reg
//     nop                  <- the site                     jmp  cold
//   back:                                                back:
//     test reg, reg                                        test reg, reg
//     …                                                    …
//                                                        cold:  (elsewhere)
//                                                          mov  reg, 1
//                                                          jmp  back
//
// Plain asm, without `goto`: it may be inlined anywhere, by g++ and clang++, at any optimisation.
// That costs the test of the register, which asm goto would spare.  Each place where it is inlined
// is a site of its own and has an entry in the section heddle_keys.
//
// The stub's section is one that no compiler puts code into: in .text.unlikely, where g++ has cold
// functions, it could land right behind its own NOP.  `?`: it is kept or dropped with the function.
//
// Sites are those of the executable itself: in a shared library nobody finds them, and they stay
// off.  lld needs -z nostart-stop-gc with --gc-sections, or it drops entries of the table.
//
// A branch orders nothing.  Who must see what was done before the key was switched on needs an
// acquire that pairs with a release after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace heddle::keys {

/// FNV-1a (Fowler, Noll, Vo), 64 bits.
constexpr std::uint64_t HashOf(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

/// A key's name as a template argument.
struct KeyName {
  template <std::size_t kSize>
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is a name
  consteval KeyName(const char (&text)[kSize]) : hash(HashOf({text, kSize - 1})) {}
  std::uint64_t hash;
};

/// What the section heddle_keys is an array of.
struct KeySite {
  std::uintptr_t site;    ///< the NOP: 5 bytes on x86-64, a word on arm64
  std::uintptr_t target;  ///< where it jumps if the key is on
  std::uint64_t key;      ///< hash of its name
};

/// Whether the key is on: false before there is one.
template <KeyName kName>
[[gnu::always_inline]] inline bool StaticBranch() {
  int on;
#if defined(__x86_64__)
  asm volatile(
      "xorl %0, %0\n"
      "1: .byte 0x0F, 0x1F, 0x44, 0x00, 0x00\n"  // as X86Instruction::Nop(5) has it
      "2:\n"
      ".pushsection .text.unlikely.heddle_keys, \"ax?\"\n"
      "3: movl $1, %0\n"
      "jmp 2b\n"
      ".popsection\n"
      ".pushsection heddle_keys, \"aw?\"\n"
      ".balign 8\n"
      ".quad 1b, 3b\n"
      ".long %c1, %c2\n"  // little-endian; asm operands of 64 bits do not work everywhere
      ".popsection"
      : "=r"(on)
      : "i"(static_cast<std::uint32_t>(kName.hash)),
        "i"(static_cast<std::uint32_t>(kName.hash >> 32))
      : "cc");
#elif defined(__aarch64__)
  asm volatile(
      "mov %w0, 0\n"
      "1: nop\n"
      "2:\n"
      ".pushsection .text.unlikely.heddle_keys, \"ax?\"\n"
      "3: mov %w0, 1\n"
      "b 2b\n"
      ".popsection\n"
      ".pushsection heddle_keys, \"aw?\"\n"
      ".balign 8\n"
      ".quad 1b, 3b\n"
      ".long %c1, %c2\n"  // little-endian; asm operands of 64 bits do not work everywhere
      ".popsection"
      : "=r"(on)
      : "i"(static_cast<std::uint32_t>(kName.hash)),
        "i"(static_cast<std::uint32_t>(kName.hash >> 32)));
#else
#error "StaticBranch: write this architecture's site"
#endif
  return on != 0;
}

}  // namespace heddle::keys
