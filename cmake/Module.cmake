# Of the SOURCES of a folder those that a fuzz target reaches; none: its first, which a library cannot do without.
function(meshwarden_keep_fuzzed name sources)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/reached.txt)
  file(STRINGS ${PROJECT_SOURCE_DIR}/tests/fuzz/reached.txt reached REGEX "^${name}/")
  list(TRANSFORM reached REPLACE "^${name}/" "")
  if(NOT reached)
    list(GET ${sources} 0 reached)
  endif()
  set(${sources} ${reached} PARENT_SCOPE)
endfunction()

# meshwarden_module(NAME SOURCES a.cpp ... LINKS target ...): the static library of one folder.
function(meshwarden_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  if(MESHWARDEN_FUZZ)
    meshwarden_keep_fuzzed(${name} arg_SOURCES)
  endif()
  add_library(meshwarden_${name} STATIC ${arg_SOURCES})
  add_library(meshwarden::${name} ALIAS meshwarden_${name})
  target_link_libraries(meshwarden_${name} PUBLIC ${arg_LINKS} PRIVATE meshwarden_settings)
  set_target_properties(meshwarden_${name} PROPERTIES LINKER_LANGUAGE CXX)
endfunction()

# meshwarden_test(NAME SOURCES a.cpp ... LINKS target ...): a Catch2 program, registered with ctest.
# Every program shares one compiled main (Catch2 2's is slow to compile).
function(meshwarden_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} Catch2::Catch2WithMain meshwarden_settings)
  # The tests' own code is not what anybody measures, and compiles in two thirds of the time.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O0>)
  target_compile_definitions(${name} PRIVATE MESHWARDEN_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  add_test(NAME ${name} COMMAND ${name})
endfunction()
