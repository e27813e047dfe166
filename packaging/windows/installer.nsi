; The installer for Windows: for one user, without an administrator; /S says nothing, /D=FOLDER chooses.
; makensis -DVERSION=... -DBUNDLE=... -DOUTPUT=... -DICON=... -DKILOBYTES=... installer.nsi

Target amd64-unicode
Unicode true
SetCompressor /SOLID lzma
SetCompressorDictSize 64
RequestExecutionLevel user

!include "MUI2.nsh"
!include "FileFunc.nsh"

!define TITLE "Convnet Visualizer"
!define KEY "ConvnetVisualizer"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\${KEY}"

Name "${TITLE}"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\${KEY}"
InstallDirRegKey HKCU "Software\${KEY}" "Folder"
ShowInstDetails nevershow
ShowUninstDetails nevershow
BrandingText "${TITLE} ${VERSION}"

VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "${TITLE}"
VIAddVersionKey FileDescription "${TITLE} Setup"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey LegalCopyright "MIT licence"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\visualizer-window.exe"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; A kind of file that opens with a double-click.
!macro OpensWith ENDING KIND WORDS
  WriteRegStr HKCU "Software\Classes\${KEY}.${KIND}" "" "${WORDS}"
  WriteRegStr HKCU "Software\Classes\${KEY}.${KIND}\DefaultIcon" "" "$INSTDIR\visualizer-window.exe,0"
  WriteRegStr HKCU "Software\Classes\${KEY}.${KIND}\shell\open\command" "" '"$INSTDIR\visualizer-window.exe" "%1"'
  WriteRegStr HKCU "Software\Classes\${ENDING}\OpenWithProgids" "${KEY}.${KIND}" ""
  ReadRegStr $0 HKCU "Software\Classes\${ENDING}" ""
  StrCmp $0 "" 0 +2 ; another program's stays
    WriteRegStr HKCU "Software\Classes\${ENDING}" "" "${KEY}.${KIND}"
!macroend

!macro OpensWithNoMore ENDING KIND
  DeleteRegKey HKCU "Software\Classes\${KEY}.${KIND}"
  DeleteRegValue HKCU "Software\Classes\${ENDING}\OpenWithProgids" "${KEY}.${KIND}"
  DeleteRegKey /ifempty HKCU "Software\Classes\${ENDING}\OpenWithProgids"
  ReadRegStr $0 HKCU "Software\Classes\${ENDING}" ""
  StrCmp $0 "${KEY}.${KIND}" 0 +2
    DeleteRegValue HKCU "Software\Classes\${ENDING}" ""
  DeleteRegKey /ifempty HKCU "Software\Classes\${ENDING}"
!macroend

!macro TellExplorer
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

; The folder of the program, whole or not at all: what an older version had more of must not stay.
!macro RemoveProgram PREFIX
  RMDir /r "${PREFIX}\_internal"
  RMDir /r "${PREFIX}\documents"
  Delete "${PREFIX}\visualizer.exe"
  Delete "${PREFIX}\visualizer-window.exe"
!macroend

Section "Install"
  SetShellVarContext current
  IfFileExists "$INSTDIR\visualizer.exe" 0 fresh
    ClearErrors
    Delete "$INSTDIR\visualizer.exe"
    Delete "$INSTDIR\visualizer-window.exe"
    IfErrors 0 fresh
      MessageBox MB_OK|MB_ICONEXCLAMATION "${TITLE} is running. Close it, and start this again." /SD IDOK
      SetErrorLevel 2
      Quit
  fresh:
  !insertmacro RemoveProgram "$INSTDIR"
  SetOutPath "$INSTDIR"
  File /r "${BUNDLE}\*.*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${TITLE}.lnk" "$INSTDIR\visualizer-window.exe"
  WriteRegStr HKCU "Software\${KEY}" "Folder" "$INSTDIR"
  !insertmacro OpensWith ".keras" "Model" "Keras model"
  !insertmacro OpensWith ".h5" "OldModel" "Keras model (HDF5)"
  !insertmacro OpensWith ".show" "Show" "Show of ${TITLE}"
  WriteRegStr HKCU "Software\Classes\${KEY}.Picture" "" "Picture"
  WriteRegStr HKCU "Software\Classes\${KEY}.Picture\shell\open\command" "" '"$INSTDIR\visualizer-window.exe" "%1"'
  WriteRegStr HKCU "Software\Classes\.png\OpenWithProgids" "${KEY}.Picture" ""
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "${TITLE}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\visualizer-window.exe,0"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${KILOBYTES}
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  !insertmacro TellExplorer
SectionEnd

Section "Uninstall"
  SetShellVarContext current
  !insertmacro RemoveProgram "$INSTDIR"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR" ; only if nothing of the user's is in it
  Delete "$SMPROGRAMS\${TITLE}.lnk"
  !insertmacro OpensWithNoMore ".keras" "Model"
  !insertmacro OpensWithNoMore ".h5" "OldModel"
  !insertmacro OpensWithNoMore ".show" "Show"
  DeleteRegKey HKCU "Software\Classes\${KEY}.Picture"
  DeleteRegValue HKCU "Software\Classes\.png\OpenWithProgids" "${KEY}.Picture"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "Software\${KEY}"
  !insertmacro TellExplorer
SectionEnd
