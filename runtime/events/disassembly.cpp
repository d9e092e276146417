#include "runtime/events/disassembly.h"

#include <capstone/capstone.h>

namespace heddle::events {

std::string Disassemble(Isa isa, std::span<const std::uint8_t> bytes, std::uint64_t offset) {
  csh handle = 0;
  const cs_err error = isa == Isa::kX86_64 ? cs_open(CS_ARCH_X86, CS_MODE_64, &handle)
                                           : cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &handle);
  if (error != CS_ERR_OK) return {};
  std::string text;
  cs_insn* insn = nullptr;
  if (cs_disasm(handle, bytes.data(), bytes.size(), offset, 1, &insn) == 1) {
    text = insn->mnemonic;
    if (insn->op_str[0] != '\0') text += std::string(" ") + insn->op_str;
    cs_free(insn, 1);
  }
  cs_close(&handle);
  return text;
}

std::string WithDisassembly(std::string hex, Isa isa, std::span<const std::uint8_t> bytes,
                            std::uint64_t offset) {
  const std::string text = Disassemble(isa, bytes, offset);
  if (!text.empty()) hex += " (" + text + ")";
  return hex;
}

}  // namespace heddle::events
