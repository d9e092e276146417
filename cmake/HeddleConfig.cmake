# find_package(Heddle): the libraries as Heddle::heddle_…, and heddle_add_scenarios.
include(CMakeFindDependencyMacro)
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
find_dependency(Threads)
find_dependency(Boost 1.74 CONFIG COMPONENTS context)
find_dependency(CLI11 CONFIG)
find_dependency(fmt CONFIG)
find_dependency(nlohmann_json CONFIG)
find_dependency(Capstone)
find_dependency(Hwloc)
find_dependency(SQLite3)
list(POP_FRONT CMAKE_MODULE_PATH)
include("${CMAKE_CURRENT_LIST_DIR}/HeddleTargets.cmake")

# heddle_add_scenarios(<name> <source>...)
# A program <name> that is the heddle command over the scenarios that the sources register
# (cli/register.h): <name> list, check, replay, stress and so on.
function(heddle_add_scenarios name)
  if(NOT ARGN)
    message(FATAL_ERROR "heddle_add_scenarios(${name}): give at least one source, "
      "which registers scenarios by an object of type heddle::Register<heddle::TypeList<...>>")
  endif()
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE Heddle::heddle_main)
  # Reports and annotations name sources relative to the project.  ccache passes them as ../../ if it
  # shares results between checkouts (CCACHE_BASEDIR).
  cmake_path(RELATIVE_PATH CMAKE_SOURCE_DIR BASE_DIRECTORY "${CMAKE_BINARY_DIR}"
    OUTPUT_VARIABLE to_source)
  target_compile_options(${name} PRIVATE
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=" "-ffile-prefix-map=${to_source}/=")
  get_target_property(headers Heddle::heddle_cli INTERFACE_INCLUDE_DIRECTORIES)
  foreach(folder IN LISTS headers)
    target_compile_options(${name} PRIVATE "-ffile-prefix-map=${folder}/=")
  endforeach()
endfunction()
