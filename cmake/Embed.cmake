# meshwarden_embed(TARGET NAMESPACE FILES...): the files become part of TARGET.
#
# FILES are relative to the current source folder and keep those names. Code of the folder includes
# "<folder>/embedded.hpp" and finds in NAMESPACE:
#   struct EmbeddedFile { std::string_view name, content; };
#   std::span<const EmbeddedFile> embedded_files();                          // sorted by name
#   std::optional<std::string_view> embedded_file(std::string_view name);
# Contents may be binary. A changed file is embedded anew by the next build.
set(MESHWARDEN_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/EmbedFiles.cmake)

function(meshwarden_embed target namespace)
  set(files ${ARGN})
  list(SORT files)
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  set(base ${generated}/${folder}/embedded)
  set(paths ${files})
  list(TRANSFORM paths PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(JOIN files "|" names)
  add_custom_command(
    OUTPUT ${base}.cpp ${base}.hpp
    COMMAND ${CMAKE_COMMAND} -DBASE=${base} -DFOLDER=${folder} -DNAMESPACE=${namespace}
            -DROOT=${CMAKE_CURRENT_SOURCE_DIR} "-DNAMES=${names}" -P ${MESHWARDEN_EMBED_SCRIPT}
    DEPENDS ${paths} ${MESHWARDEN_EMBED_SCRIPT}
    VERBATIM)
  target_sources(${target} PRIVATE ${base}.cpp ${base}.hpp)
  target_include_directories(${target} PRIVATE ${generated})
endfunction()
