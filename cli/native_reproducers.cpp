#include "cli/native_reproducers.h"

#include <algorithm>
#include <cstdlib>

namespace heddle::cli {
namespace {

using nlohmann::json;

constexpr std::uint64_t kDay = 86'400'000;  // ms

json Of(const json& environment, const char* member) {
  return environment.is_object() ? environment.value(member, json()) : json();
}

}  // namespace

json MachineOf(const json& environment) {
  json machine = json::object();
  for (const char* const member : {"cpu", "microcode", "kernel"})
    if (const json value = Of(environment, member); !value.is_null()) machine[member] = value;
  return machine;
}

NativeFailure FailureOf(const stress::StoredRun& run, const stress::StoredFailure& failure) {
  NativeFailure f;
  f.scenario = failure.scenario;
  f.placement = failure.placement;
  const json cpus = json::parse(failure.cpus, nullptr, /*allow_exceptions=*/false);
  if (cpus.is_array())
    for (const json& cpu : cpus)
      if (cpu.is_number_integer()) f.cpus.push_back(cpu.get<int>());
  f.seed = std::strtoull(failure.seed.c_str(), nullptr, 10);
  f.milliseconds = std::clamp<std::uint64_t>(failure.milliseconds, 1, kDay);
  f.disturbed = Of(run.environment, "disturbed") != json(false);
  f.failure = failure.failure;
  f.evidence = failure.evidence_json;
  f.environment = MachineOf(run.environment);
  f.environment["heddle"] = run.version;
  f.environment["build"] = nullptr;  // the run's is not known; but its linker's hash is
  for (const char* const member : {"build_id", "compiler"})
    f.environment[member] = Of(run.environment, member);
  return f;
}

std::string WriteReproducer(const NativeFailure& failure, ReproducerFolder& folder) {
  return folder.Write(SafeName(failure.scenario + "@native", SignatureOf(failure.failure)),
                      ToJson(Reproducer(failure)));
}

}  // namespace heddle::cli
