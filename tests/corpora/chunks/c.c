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
