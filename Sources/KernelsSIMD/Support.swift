// The fast twins of `Kernels`: pointers in, pointers out, no generics. Never called directly.
