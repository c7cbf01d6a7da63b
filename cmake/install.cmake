# cmake --install build/release --prefix /usr/local
include(GNUInstallDirs)
install(TARGETS goflow goflow-ingest goflow-store goflow-tap goflow-replay goflow-keys
    cnetflow csflow cnflegacy)
install(FILES ${GOFLOW_MANUALS} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING
    PATTERN "*.md" PATTERN "tap_consumer.*"
    PATTERN man EXCLUDE)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES proto/flow.proto proto/link.proto DESTINATION ${CMAKE_INSTALL_DATADIR}/goflow)
install(DIRECTORY deploy/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY deploy/systemd/ DESTINATION lib/systemd/system)
install(FILES deploy/sysctl/goflow.conf DESTINATION lib/sysctl.d RENAME 50-goflow.conf)
