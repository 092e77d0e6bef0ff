// Nothing: the target exists for its precompiled header, which all the tests take.
