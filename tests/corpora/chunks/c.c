/* Connections, kept open. */
#include <stdio.h>

#define LIMIT 8
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Keeps connections open. */
struct pool {
  const char *name;
  int *free;
};

typedef struct pool pool_t;

enum state {
  STATE_OPEN,
  STATE_CLOSED,
};

static struct pool *shared_pool;
static const int kSizes[] = {1, 2};

int *pool_take(struct pool *p);
extern char **pool_names(void), *pool_name(int at);
void (*pool_hook)(int);
void pool_walk(void (*visit)(int), int depth);

/* Takes one. */
int *pool_take(struct pool *p) {
  struct pool *other = p;
  return other->free;
}

#ifdef HAVE_CLOSE
void pool_close(struct pool *p) {
  p->free = 0;
}
#endif
