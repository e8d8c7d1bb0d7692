"""How classes are judged: one module a chapter, one driver an exercise; arrays go in and come out."""
