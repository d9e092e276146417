// heddle replay
#include "cli/check_output.h"
#include "cli/commands.h"
#include "cli/graph_json.h"
#include "cli/hang_timeout.h"
#include "cli/output.h"
#include "cli/same_file.h"

namespace heddle::cli {

int Replay(const ReplayArguments& arguments) {
  SetHangTimeout(arguments.hang_timeout);
  RefuseSameFile({{"--json", arguments.json_file}, {"--dot", arguments.dot_file}});
  OutputFile json_file(arguments.json_file), dot_file(arguments.dot_file);
  const CheckResult r = heddle::Replay(arguments.token);
  if (!json_file.is_stdout() && !dot_file.is_stdout()) PrintText(r.report);
  nlohmann::json json = ToJson(r, false);
  json["graph"] = GraphJson(r);
  json_file.Write(json.dump(2));
  dot_file.Write(r.graph->dot);
  return r.verdict == CheckVerdict::kViolation ? kViolation : kHolds;
}

}  // namespace heddle::cli
