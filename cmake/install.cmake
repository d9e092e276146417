# What does `cmake --install` install?  The command, and for find_package(Heddle) the libraries, the
# headers (in a folder of their own, as their names are general) and cmake/HeddleConfig.cmake.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Heddle")
set(header_dir "${CMAKE_INSTALL_INCLUDEDIR}/heddle")
set(libraries heddle_options heddle_model heddle_isa heddle_runtime heddle_runtime_events
  heddle_runtime_model heddle_runtime_native heddle_runtime_ordered heddle_sync heddle_patching heddle_rcu
  heddle_tracing heddle_scenarios heddle_keys heddle_check heddle_stress heddle_report heddle_cli heddle_main)

# What to build before: all of it, or the libraries alone, as `cmake --install --component libraries`
# installs them.  Our own catalog, which only the command has, takes most of the time.
add_custom_target(heddle_package DEPENDS heddle ${libraries})
add_custom_target(heddle_libraries DEPENDS ${libraries})

install(TARGETS heddle COMPONENT command)
install(TARGETS ${libraries} EXPORT Heddle COMPONENT libraries
  FILE_SET HEADERS DESTINATION "${header_dir}" COMPONENT libraries
  INCLUDES DESTINATION "${header_dir}")
# Those that have a source are in no file set: see heddle_folder.
install(DIRECTORY model isa runtime patching rcu tracing scenarios keys stress report cli
  DESTINATION "${header_dir}" COMPONENT libraries FILES_MATCHING PATTERN "*.h")
install(EXPORT Heddle NAMESPACE Heddle:: FILE HeddleTargets.cmake
  DESTINATION "${package_dir}" COMPONENT libraries)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/HeddleConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES cmake/HeddleConfig.cmake cmake/FindCapstone.cmake cmake/FindHwloc.cmake
  "${CMAKE_BINARY_DIR}/HeddleConfigVersion.cmake"
  DESTINATION "${package_dir}" COMPONENT libraries)
