/* How long it takes to load the library: load LIBRARY. Linked to nothing, as a program with plug-ins. */
#include "common.h"

#include <dlfcn.h>

int main(int argc, char **argv) {
    if (argc != 2) die("usage: load LIBRARY");
    double begun = now();
    void *library = dlopen(argv[1], RTLD_NOW);
    double loaded = now();
    if (!library || !dlsym(library, "celery_app_open")) die("the library cannot be loaded");
    printf("load ms=%.3f\n", (loaded - begun) * 1e3);
    return 0;
}
