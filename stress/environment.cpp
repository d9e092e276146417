#include "stress/environment.h"

#include <link.h>
#include <sys/utsname.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "stress/affinity.h"

namespace heddle::stress {
namespace {

// The first value of `key` in /proc/cpuinfo, whose lines are "key : value".
std::string CpuInfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || line.compare(0, key.size(), key) != 0) continue;
    if (line.find_first_not_of(" \t", key.size()) != colon) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

std::string CpuModel() {
  std::string model = CpuInfo("model name");
  if (model.empty() && !CpuInfo("CPU part").empty())  // arm64
    model = "implementer " + CpuInfo("CPU implementer") + ", part " + CpuInfo("CPU part") +
            ", revision " + CpuInfo("CPU revision");
  return model;
}

// The linker's hash of this program's own file: its note of type NT_GNU_BUILD_ID.
int FindBuildId(dl_phdr_info* object, std::size_t, void* to) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const char* at = reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr);
    for (const char* const end = at + segment.p_memsz; at + sizeof(ElfW(Nhdr)) <= end;) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at, sizeof note);
      const char* const name = at + sizeof note;
      const char* const value = name + ((note.n_namesz + 3u) & ~3u);
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          std::memcmp(name, "GNU", 4) == 0) {
        for (unsigned k = 0; k < note.n_descsz; ++k) {
          char byte[3];
          std::snprintf(byte, sizeof byte, "%02x", static_cast<unsigned char>(value[k]));
          *static_cast<std::string*>(to) += byte;
        }
        return 1;
      }
      at = value + ((note.n_descsz + 3u) & ~3u);
    }
  }
  return 1;  // the first object is the program
}

}  // namespace

nlohmann::json Environment() {
  nlohmann::json json = {{"cpus", AvailableCpus().size()}, {"compiler", __VERSION__}};
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  put("cpu", CpuModel());
  put("microcode", CpuInfo("microcode"));
  std::string build_id;
  dl_iterate_phdr(FindBuildId, &build_id);
  put("build_id", build_id);
  utsname name{};
  if (uname(&name) == 0) {
    put("kernel", std::string(name.sysname) + " " + name.release + " " + name.machine);
    put("host", name.nodename);
  }
  double load = 0;
  if (getloadavg(&load, 1) == 1) json["load"] = load;
  return json;
}

}  // namespace heddle::stress
