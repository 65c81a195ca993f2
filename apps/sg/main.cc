#include "apps/sg/commands/commands.h"

int main(int argc, char** argv) { return sg::RunCommandLine(argc, argv); }
