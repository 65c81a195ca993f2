// A pool of connections.
#import <Foundation/Foundation.h>

#define SG_LIMIT 8

typedef void (^SGBlock)(NSError *error);

/// What a pool tells its owner.
@protocol SGPoolDelegate <NSObject>
- (void)poolDidClose:(id)pool;
@end

/// Keeps connections open.
@interface SGPool : NSObject <SGPoolDelegate>

@property (nonatomic, copy) NSString *name;

- (instancetype)initWithName:(NSString *)name limit:(NSUInteger)limit;
+ (SGPool *)shared;

@end

@implementation SGPool {
  NSMutableArray *_free;
}

- (instancetype)initWithName:(NSString *)name limit:(NSUInteger)limit {
  if ((self = [super init])) {
    _name = [name copy];
  }
  return self;
}

// One for everybody.
+ (SGPool *)shared {
  static SGPool *pool = nil;
  return pool;
}

@end

static int SGCount(SGPool *pool) {
  return 0;
}
