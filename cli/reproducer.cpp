#include "cli/reproducer.h"

#include "cli/fingerprint.h"

namespace heddle::cli {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "heddle-reproducer";
constexpr std::uint64_t kVersion = 1;
#ifdef __clang__
constexpr const char* kCompiler = __VERSION__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;  // the bare number
#endif

json MembersOf(const ModelFailure& f) {
  json members = {{"kind", f.kKind},
                  {"scenario", f.scenario},
                  {"mutant", f.mutant.empty() ? json() : json(f.mutant)},
                  {"model", f.model},
                  {"traps", f.traps},
                  {"error", f.error},
                  {"message", f.message},
                  {"token", f.token}};
  if (f.spin_rounds != 0) members["spin_rounds"] = f.spin_rounds;
  if (f.symmetry) members["symmetry"] = true;
  return members;
}

json MembersOf(const NativeFailure& f) {
  return {{"kind", f.kKind},      {"scenario", f.scenario}, {"placement", f.placement},
          {"cpus", f.cpus},       {"seed", f.seed},         {"milliseconds", f.milliseconds},
          {"failure", f.failure}, {"evidence", f.evidence}, {"disturbed", f.disturbed}};
}

NativeFailure ReadNativeFailure(const json& file) {
  NativeFailure f;
  f.scenario = Member<std::string>(file, "scenario");
  f.placement = Member<std::string>(file, "placement");
  for (const json& cpu : ArrayMember(file, "cpus")) {
    const auto number = ReadJson<std::uint64_t>("cpus", cpu);
    if (number > 1023) throw MalformedJson("'cpus' has " + std::to_string(number) + ", not a CPU");
    f.cpus.push_back(static_cast<int>(number));
  }
  f.seed = Member<std::uint64_t>(file, "seed");
  f.milliseconds = Member<std::uint64_t>(file, "milliseconds");
  if (f.milliseconds == 0 || f.milliseconds > 86'400'000)
    throw MalformedJson("'milliseconds' is not between 1 and a day");
  f.failure = Member<std::string>(file, "failure");
  if (file.contains("disturbed")) f.disturbed = Member<bool>(file, "disturbed");
  if (file.contains("evidence")) f.evidence = file.at("evidence");
  return f;
}

ModelFailure ReadModelFailure(const json& file) {
  ModelFailure f;
  const auto text = [&](const char* key) { return Member<std::string>(file, key); };
  f.scenario = text("scenario");
  if (!Member(file, "mutant").is_null()) f.mutant = text("mutant");
  f.model = text("model");
  f.traps = text("traps");
  f.error = text("error");
  f.message = text("message");
  f.token = text("token");
  if (file.contains("spin_rounds")) f.spin_rounds = Member<std::int64_t>(file, "spin_rounds");
  if (file.contains("symmetry")) f.symmetry = Member<bool>(file, "symmetry");
  return f;
}

}  // namespace

json ToJson(const Reproducer& failure) {
  json file = std::visit([](const auto& f) { return MembersOf(f); }, failure);
  file["format"] = kFormat;
  file["version"] = kVersion;
  file["environment"] = {{"heddle", HEDDLE_VERSION}, {"build", Build()}, {"compiler", kCompiler}};
  if (const auto* native = std::get_if<NativeFailure>(&failure))
    file["environment"].update(native->environment);
  return file;
}

Reproducer ParseReproducer(const std::string& text) {
  const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded()) throw MalformedJson("it is not JSON, or not all of it");
  if (Member<std::string>(file, "format") != kFormat)
    throw MalformedJson("its format is not '" + std::string(kFormat) + "'");
  if (const auto version = Member<std::uint64_t>(file, "version"); version != kVersion)
    throw MalformedJson("its format is version " + std::to_string(version) +
                        ", and this Heddle knows version " + std::to_string(kVersion));
  const auto kind = Member<std::string>(file, "kind");
  if (kind == ModelFailure::kKind) return ReadModelFailure(file);
  if (kind == NativeFailure::kKind) return ReadNativeFailure(file);
  throw MalformedJson("this Heddle knows no failures of kind '" + kind + "'");
}

ModelFailure FailureOf(const CheckResult& r) {
  ModelFailure f;
  f.scenario = r.subject->scenario;
  f.mutant = r.subject->mutant;
  f.model = r.model->name;
  f.traps = Name(r.delivery);
  f.spin_rounds = r.spin_rounds;
  f.symmetry = r.symmetry;
  f.error = r.error;
  f.message = r.message;
  f.token = r.token;
  return f;
}

NativeFailure FailureOf(const stress::PieceRecord& p) {
  NativeFailure f;
  f.scenario = p.scenario;
  f.placement = stress::Name(p.piece.placement.sharing);
  f.cpus = p.piece.placement.cpus;
  f.seed = p.piece.seed;
  f.milliseconds = static_cast<std::uint64_t>(p.piece.duration.count());
  f.failure = p.isolated.failure;
  f.evidence = p.isolated.evidence;
  return f;
}

std::string SignatureOf(const std::string& failure) {
  std::string signature;
  bool in_number = false;
  for (const char c : failure) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) signature += c;
    if (digit && !in_number) signature += '#';
    in_number = digit;
  }
  return signature;
}

}  // namespace heddle::cli
