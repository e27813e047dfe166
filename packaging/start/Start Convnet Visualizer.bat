@echo off
rem Installs the program into your own folder the first time, from the files beside this one, and opens it.
setlocal
set "HOME_OF_IT=%LOCALAPPDATA%\convnet-visualizer\program"
if exist "%HOME_OF_IT%\Scripts\visualizer-window.exe" if exist "%HOME_OF_IT%\complete" goto start
echo Installing Convnet Visualizer, this once. It takes some minutes.
py -@PYTHON@ -c "" 2>nul
if errorlevel 1 (
    echo Python @PYTHON@ is not on this computer. Install it from python.org, without administrator
    echo too, and double-click this file again.
    pause
    exit /b 1
)
py -@PYTHON@ -m venv --clear "%HOME_OF_IT%" || goto failed
"%HOME_OF_IT%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-index --find-links "%~dp0." -r "%~dp0packages.txt" convnet-visualizer || goto failed
echo. > "%HOME_OF_IT%\complete"
:start
start "" "%HOME_OF_IT%\Scripts\visualizer-window.exe"
exit /b 0
:failed
echo It could not be installed. Is the disk full?
pause
exit /b 1
